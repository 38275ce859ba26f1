package io.digflink.export.checkpoint;

import io.digflink.export.checkpoint.PyContainer.PyDict;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The archive that {@code torch.save} writes since PyTorch 1.6: a zip with {@code data.pkl}, the
 * pickled structure, and a record {@code data/KEY} for every storage that it refers to.
 */
final class TorchArchive {
  private static final String PICKLE = "/data.pkl";
  private static final int MAX_PICKLE = 64 << 20;

  /**
   * The first pickle of a file that {@code torch.save} wrote before PyTorch 1.6: just this number.
   */
  private static final String LEGACY_MAGIC = "119547037146038801333356";

  private final FileBytes file;
  private final Map<String, ZipDirectory.Entry> entries;
  private final String root;
  private final ByteOrder order;

  private TorchArchive(FileBytes file) throws CheckpointException {
    this.file = file;
    this.entries = ZipDirectory.read(file);
    this.root = findRoot();
    this.order = readByteOrder();
  }

  /** Whether a file begins like a zip archive. */
  static boolean isZip(FileBytes file) {
    return file.size() >= 4 && file.copy(0, 4).getInt() == 0x04034b50;
  }

  /** Whether a file begins like a pickle of protocol 2 or later. */
  static boolean isPickle(FileBytes file) {
    return file.size() >= 2 && file.copy(0, 1).get() == (byte) 0x80;
  }

  static Checkpoint read(FileBytes file, Path source, List<String> anchors)
      throws CheckpointException {
    Object value = new TorchArchive(file).unpickle();
    return TorchLayout.checkpoint(file, value, source, anchors);
  }

  /** The tensors of a state dict by their stored names: a shard of a checkpoint. */
  static List<Tensor> shard(FileBytes file) throws CheckpointException {
    if (!(new TorchArchive(file).unpickle() instanceof PyDict dict)) {
      throw new CheckpointException(
          "%s is no shard of a checkpoint: expected a dict of tensors".formatted(file.label()));
    }
    List<Tensor> tensors = new ArrayList<>();
    for (Map.Entry<Object, Object> item : dict.items().entrySet()) {
      if (item.getKey() instanceof String name && item.getValue() instanceof Tensor tensor) {
        tensors.add(tensor.withName(name));
      }
    }
    return tensors;
  }

  /** A pickle outside an archive: it holds no readable weights, but the message says what it is. */
  static CheckpointException refusal(FileBytes file) {
    PickleGlobals noStorages =
        new PickleGlobals(
            (dtype, key, elements) -> {
              throw new CheckpointException("a pickle by itself has no storages");
            });
    try {
      ByteBuffer bytes = file.copy(0, (int) Math.min(file.size(), MAX_PICKLE));
      Object value = PickleReader.read(file.label(), bytes, noStorages);
      String kind =
          LEGACY_MAGIC.equals(String.valueOf(value))
              ? "in the format of PyTorch before 1.6"
              : "a bare pickle (of a %s)".formatted(PyContainer.typeOf(value));
      return new CheckpointException(
          "%s is %s. Expected the zip archive of torch.save; re-save it in Python:"
                  .formatted(file.label(), kind)
              + " torch.save(torch.load('old.pt', map_location='cpu'), 'new.pt'). PyTorch 2.6 and"
              + " newer need weights_only=False for some files: it executes them, so use it only for"
              + " files that you trust");
    } catch (CheckpointException e) {
      return e;
    }
  }

  private String findRoot() throws CheckpointException {
    List<String> roots = new ArrayList<>();
    for (String name : entries.keySet()) {
      if (name.endsWith(PICKLE) && name.indexOf('/') == name.length() - PICKLE.length()) {
        roots.add(name.substring(0, name.length() - PICKLE.length()));
      }
    }
    if (roots.size() != 1) {
      throw new CheckpointException(
          "%s has %d records NAME/data.pkl; expected the one of a torch.save archive"
              .formatted(file.label(), roots.size()));
    }
    if (entries.containsKey(roots.get(0) + "/constants.pkl")) {
      throw new CheckpointException(
          "%s is a TorchScript program; expected weights: torch.save(model.state_dict(), …)"
              .formatted(file.label()));
    }
    return roots.get(0);
  }

  private ByteOrder readByteOrder() throws CheckpointException {
    ZipDirectory.Entry entry = entries.get(root + "/byteorder");
    if (entry == null) {
      return ByteOrder.LITTLE_ENDIAN; // the format is older than this record
    }
    String text = "";
    if (entry.size() <= 16) {
      ByteBuffer bytes = file.copy(entry.offset(), (int) entry.size());
      text = StandardCharsets.US_ASCII.decode(bytes).toString();
    }
    return switch (text) {
      case "little" -> ByteOrder.LITTLE_ENDIAN;
      case "big" -> ByteOrder.BIG_ENDIAN;
      default ->
          throw new CheckpointException(
              "%s: its byteorder record has %d bytes; expected 'little' or 'big'"
                  .formatted(file.label(), entry.size()));
    };
  }

  private Object unpickle() throws CheckpointException {
    ZipDirectory.Entry entry = entries.get(root + PICKLE);
    if (entry.size() > MAX_PICKLE) {
      throw new CheckpointException(
          "%s: data.pkl has %d bytes; at most %d are read"
              .formatted(file.label(), entry.size(), MAX_PICKLE));
    }
    ByteBuffer pickle = file.copy(entry.offset(), (int) entry.size());
    return PickleReader.read(
        file.label() + ": data.pkl", pickle, new PickleGlobals(this::findStorage));
  }

  private TorchStorage findStorage(DType dtype, String key, long elements)
      throws CheckpointException {
    ZipDirectory.Entry entry = entries.get(root + "/data/" + key);
    if (entry == null) {
      throw new CheckpointException("there is no record data/%s in the archive".formatted(key));
    }
    if (elements < 0
        || elements != entry.size() / dtype.bytes()
        || entry.size() % dtype.bytes() != 0) {
      throw new CheckpointException(
          "storage '%s' claims %d elements of %s, but its record has %d bytes"
              .formatted(key, elements, dtype, entry.size()));
    }
    return new TorchStorage(file, key, entry.offset(), dtype, elements, order);
  }
}
