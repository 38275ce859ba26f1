package io.digflink.export.checkpoint;

import static io.digflink.export.checkpoint.PickleOpcode.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.zip.ZipEntry;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TorchArchiveITCase {
  private static final float[] COUNT = {0, 1, 2, 3, 4, 5, 6, 7};

  @Test
  void aViewIsReadThroughItsOffsetAndStrides() throws Exception {
    // Rows 1 and 2 of a 4×2 matrix, transposed.
    Tensor tensor = view(2, new long[] {2, 2}, new long[] {1, 2});
    assertThat(tensor.shape()).containsExactly(2, 2);
    assertThat(tensor.toFloatArray()).containsExactly(2, 4, 3, 5);
    FloatBuffer middle = FloatBuffer.allocate(2);
    tensor.copyTo(1, middle);
    assertThat(middle.array()).containsExactly(4, 3);
  }

  @Test
  void overlappingViewsAreRead() throws Exception {
    assertThat(view(0, new long[] {3, 3}, new long[] {1, 1}).toFloatArray())
        .containsExactly(0, 1, 2, 1, 2, 3, 2, 3, 4);
    assertThat(view(3, new long[] {4}, new long[] {0}).toFloatArray()).containsExactly(3, 3, 3, 3);
    assertThat(view(7, new long[] {}, new long[] {}).toFloatArray()).containsExactly(7);
    assertThat(view(8, new long[] {0, 5}, new long[] {5, 1}).toFloatArray()).isEmpty();
  }

  @Test
  void everyElementTypeIsConverted() throws Exception {
    assertThat(elements("HalfStorage", 0x3C00, 0xC000, 0x0001, 0x7BFF, 0x7C00))
        .containsExactly(1, -2, 0x1p-24f, 65504, Float.POSITIVE_INFINITY);
    assertThat(elements("BFloat16Storage", 0x3F80, 0xC040)).containsExactly(1, -3);
    assertThat(elements("ShortStorage", 0xFFFF, 7)).containsExactly(-1, 7);
    byte[] doubles =
        ByteBuffer.allocate(16)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putDouble(0.5)
            .putDouble(-1e-3)
            .array();
    assertThat(single("DoubleStorage", doubles, 2)).containsExactly(0.5f, -1e-3f);
    assertThat(single("LongStorage", new byte[] {3, 0, 0, 0, 0, 0, 0, 0}, 1)).containsExactly(3);
    assertThat(single("BoolStorage", new byte[] {0, 1}, 2)).containsExactly(0, 1);
    assertThat(single("ByteStorage", new byte[] {(byte) 200}, 1)).containsExactly(200);
  }

  @Test
  void bigEndianArchivesAreRead() throws Exception {
    Checkpoint checkpoint =
        TorchFile.of(stateDict("w", "FloatStorage", 2, 0, new long[] {2}, new long[] {1}))
            .text("checkpoint/byteorder", "big")
            .entry("checkpoint/data/0", TorchFile.floats(ByteOrder.BIG_ENDIAN, 1, 2))
            .read();
    assertThat(checkpoint.model().get("w").toFloatArray()).containsExactly(1, 2);
  }

  @Test
  void archivesWithZip64FieldsAreRead() throws Exception {
    byte[] file = archive(0, new long[] {8}, new long[] {1}).zip64Bytes();
    assertThat(TorchFile.read(file).model().get("w").toFloatArray()).containsExactly(COUNT);
    file[file.length - 22 - 12] ^= 1; // where the locator says that the record is
    assertThatThrownBy(() -> TorchFile.read(file))
        .hasMessageContaining("its zip64 record claims byte");
  }

  @Test
  void aBareStateDictOfADistributedModelLosesThePrefix() throws Exception {
    byte[] pickle = stateDict("module.w", "FloatStorage", 8, 0, new long[] {8}, new long[] {1});
    Checkpoint checkpoint = TorchFile.of(pickle).floats("0", COUNT).read();
    assertThat(checkpoint.model().names()).containsExactly("w");
    assertThat(checkpoint.model().get("w").name()).isEqualTo("w");
    assertThat(checkpoint.ema()).isEmpty();
    assertThat(checkpoint.args()).isEmpty();
  }

  @Test
  void parametersAndSizesAreRead() throws Exception {
    Pickle pickle = Pickle.protocol(2).op(EMPTY_DICT).text("state_dict").op(EMPTY_DICT).text("w");
    pickle.global("torch._utils", "_rebuild_parameter").op(MARK);
    pickle.tensor("FloatStorage", "0", 8, 0, new long[] {8}, new long[] {1}).op(NEWTRUE);
    pickle.ops(NONE, TUPLE, REDUCE, SETITEM, SETITEM).text("args");
    pickle.global("argparse", "Namespace").ops(EMPTY_TUPLE, NEWOBJ, EMPTY_DICT).text("size");
    pickle.global("torch", "Size").tuple(3, 4).ops(TUPLE1, REDUCE, SETITEM, BUILD, SETITEM);
    Checkpoint checkpoint = TorchFile.of(pickle.stop()).floats("0", COUNT).read();
    assertThat(checkpoint.model().get("w").toFloatArray()).containsExactly(COUNT);
    assertThat(checkpoint.args()).containsEntry("size", List.of(3L, 4L));
  }

  @Test
  void argsThatContainThemselvesAreRefused() {
    Pickle pickle = Pickle.protocol(2).ops(EMPTY_DICT, MARK).text("model").op(EMPTY_DICT);
    pickle.text("w").tensor("FloatStorage", "0", 8, 0, new long[] {8}, new long[] {1}).op(SETITEM);
    pickle.text("args").op(EMPTY_DICT).text("self").op(EMPTY_LIST).op(BINPUT, 0);
    byte[] cycle = pickle.op(BINGET, 0).ops(APPEND, SETITEM, SETITEMS).stop();
    assertRefused(TorchFile.of(cycle).floats("0", COUNT))
        .hasMessageContaining("its args contain themselves, or are nested more than 64 deep");
  }

  @Test
  void aViewBeyondItsStorageIsRefused() {
    assertRefused(archive(1, new long[] {8}, new long[] {1}))
        .hasMessageContaining("reaches element 8 of storage '0', which has 8");
    assertRefused(archive(0, new long[] {1L << 40, 1L << 40}, new long[] {1, 1}))
        .hasMessageContaining("is larger than any file");
    assertRefused(archive(0, new long[] {2, 2}, new long[] {1L << 62, 1L << 62}))
        .hasMessageContaining("is larger than any file");
    assertRefused(archive(0, new long[] {8}, new long[] {1, 1}))
        .hasMessageContaining("1 dimensions and 2 strides");
    assertRefused(archive(-1, new long[] {2}, new long[] {1})).hasMessageContaining("offset -1");
    assertRefused(archive(0, new long[] {-2}, new long[] {1}))
        .hasMessageContaining("not a natural number");
    assertRefused(archive(0, new long[] {1L << 30}, new long[] {0}))
        .hasMessageContaining("repeats the 8 elements of storage '0'; call .contiguous()");
  }

  @Test
  void forgedStorageSizesAreRefused() {
    byte[] pickle = stateDict("w", "FloatStorage", 1L << 40, 0, new long[] {8}, new long[] {1});
    assertRefused(TorchFile.of(pickle).floats("0", COUNT))
        .hasMessageContaining(
            "storage '0' claims 1099511627776 elements of FLOAT32, but its record has 32"
                + " bytes");
    assertRefused(TorchFile.of(pickle)).hasMessageContaining("there is no record data/0");
  }

  @Test
  void whatIsNoStateDictIsExplained() {
    assertRefused(TorchFile.of(Pickle.protocol(2).op(EMPTY_LIST).stop()))
        .hasMessageContaining("model.pt holds a list; expected a dict of tensors");
    assertRefused(
            TorchFile.of(Pickle.protocol(2).op(EMPTY_DICT).text("lr").number(1).op(SETITEM).stop()))
        .hasMessageContaining("'lr' in the checkpoint is of type int; expected a state dict");
    assertRefused(TorchFile.of(Pickle.protocol(2).op(EMPTY_DICT).stop()))
        .hasMessageContaining("the checkpoint has no tensors");
  }

  @Test
  void aMaliciousArchiveNamesWhatItWouldHaveCalled() {
    byte[] reduce =
        Pickle.protocol(2)
            .op(EMPTY_DICT)
            .text("model")
            .global("posix", "system")
            .text("touch owned")
            .ops(TUPLE1, REDUCE, SETITEM)
            .stop();
    assertRefused(TorchFile.of(reduce))
        .hasMessageStartingWith("model.pt: data.pkl, byte 13 (GLOBAL): it refers to posix.system");
    assertThatThrownBy(() -> TorchFile.read(reduce)).hasMessageContaining("posix.system");
  }

  @Test
  void compressedEntriesAreRefused() {
    TorchFile file = new TorchFile().entry("m/data.pkl", ZipEntry.DEFLATED, new byte[1000]);
    assertRefused(file).hasMessageContaining("entry 'm/data.pkl' is compressed (method 8)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../data.pkl", "/data.pkl", "a//data.pkl", "a\\data.pkl", "./a", "C:x"})
  void oddNamesAreRefused(String name) {
    assertRefused(new TorchFile().entry(name)).hasMessageContaining("not a plain relative path");
  }

  @Test
  void twoEntriesOfOneNameAreRefused() {
    byte[] file = new TorchFile().entry("m/data.pkl").entry("m/dat2.pkl").bytes();
    String text = new String(file, StandardCharsets.ISO_8859_1);
    byte[] forged = text.replace("dat2", "data").getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> TorchFile.read(forged))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("two entries are named 'm/data.pkl'");
  }

  @Test
  void truncatedFilesAreRefused() {
    byte[] whole = archive(0, new long[] {8}, new long[] {1}).bytes();
    for (int length = 0; length < whole.length; length++) {
      byte[] part = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> TorchFile.read(part)).isInstanceOf(CheckpointException.class);
    }
    assertThatThrownBy(() -> TorchFile.read(Arrays.copyOf(whole, whole.length - 1)))
        .hasMessageContaining("the file (%d bytes) is truncated".formatted(whole.length - 1));
  }

  @Test
  void anEntryLargerThanTheFileIsRefused() {
    byte[] file = archive(0, new long[] {8}, new long[] {1}).bytes();
    String text = new String(file, StandardCharsets.ISO_8859_1);
    int header = text.indexOf("PK\u0001\u0002", text.indexOf("PK\u0001\u0002") + 1);
    for (int field : new int[] {20, 24}) { // both sizes
      System.arraycopy(Pickle.int32(1 << 30), 0, file, header + field, 4);
    }
    assertThatThrownBy(() -> TorchFile.read(file))
        .hasMessageContaining("entry 'checkpoint/data/0' claims 1073741824 bytes, but");
  }

  @Test
  void otherFormatsAreToldApart() {
    byte[] legacy =
        Base64.getDecoder().decode("gAKKCmz8nEb5IGqoUBkugAJN6QMu"); // magic number, version 1001
    assertThatThrownBy(() -> TorchFile.read(legacy))
        .hasMessageContaining("in the format of PyTorch before 1.6")
        .hasMessageContaining("torch.save(torch.load(");
    assertThatThrownBy(() -> TorchFile.read(Pickle.protocol(2).op(EMPTY_DICT).stop()))
        .hasMessageContaining("a bare pickle (of a dict)");
    assertThatThrownBy(
            () ->
                TorchFile.read(
                    "version https://git-lfs.example/spec/v1".getBytes(StandardCharsets.UTF_8)))
        .hasMessageContaining("git lfs pull");
    assertThatThrownBy(() -> TorchFile.read(new byte[0]))
        .hasMessageContaining("(0 bytes) is not a checkpoint");
    assertRefused(TorchFile.of(new byte[0]).entry("checkpoint/constants.pkl"))
        .hasMessageContaining("is a TorchScript program");
    assertRefused(new TorchFile().text("readme.txt", "hello"))
        .hasMessageContaining("has 0 records NAME/data.pkl");
    assertRefused(TorchFile.of(new byte[0]).text("checkpoint/byteorder", "middle"))
        .hasMessageContaining("expected 'little' or 'big'");
  }

  private static Tensor view(long offset, long[] shape, long[] strides) throws Exception {
    return archive(offset, shape, strides).read().model().get("w");
  }

  private static TorchFile archive(long offset, long[] shape, long[] strides) {
    return TorchFile.of(stateDict("w", "FloatStorage", 8, offset, shape, strides))
        .floats("0", COUNT);
  }

  private static float[] elements(String type, int... halves) throws Exception {
    ByteBuffer bytes = ByteBuffer.allocate(2 * halves.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int half : halves) {
      bytes.putShort((short) half);
    }
    return single(type, bytes.array(), halves.length);
  }

  private static float[] single(String type, byte[] record, int elements) throws Exception {
    byte[] pickle = stateDict("w", type, elements, 0, new long[] {elements}, new long[] {1});
    return TorchFile.of(pickle)
        .entry("checkpoint/data/0", record)
        .read()
        .model()
        .get("w")
        .toFloatArray();
  }

  private static byte[] stateDict(
      String name, String type, long elements, long offset, long[] shape, long[] strides) {
    return Pickle.protocol(2)
        .op(EMPTY_DICT)
        .text(name)
        .tensor(type, "0", elements, offset, shape, strides)
        .op(SETITEM)
        .stop();
  }

  private static AbstractThrowableAssert<?, ?> assertRefused(TorchFile file) {
    return assertThatThrownBy(file::read).isInstanceOf(CheckpointException.class);
  }
}
