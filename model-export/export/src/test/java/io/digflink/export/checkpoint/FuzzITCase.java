package io.digflink.export.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.export.oracle.Golden;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/**
 * 10,000 damaged files: each is read or refused with the one exception for it, at once and without
 * filling the heap.
 */
class FuzzITCase {
  private static final int FILES = 10_000;
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int CHUNK = 4096;

  @Test
  void damagedFilesAreReadOrRefused() throws Exception {
    Random random = new Random(405);
    byte[][] originals = {
      Files.readAllBytes(Golden.of("dit").checkpointFile()),
      smallArchive(),
      smallSafetensors(),
      smallArchive(),
    };
    int[] refused = new int[1];
    Assertions.assertTimeoutPreemptively(
        LIMIT,
        () -> {
          for (int i = 0; i < FILES; i++) {
            byte[] damaged = damage(originals[i % originals.length], random);
            refused[0] += readOrRefuse(damaged) ? 0 : 1;
          }
        });
    assertThat(refused[0]).isBetween(FILES / 2, FILES - 100);
  }

  /** Whether the file was read, with all its tensors. */
  private static boolean readOrRefuse(byte[] file) {
    try {
      Checkpoint checkpoint = TorchFile.read(file);
      FloatBuffer chunk = FloatBuffer.allocate(CHUNK);
      for (String name : checkpoint.model().names()) {
        Tensor tensor = checkpoint.model().get(name);
        chunk.clear().limit((int) Math.min(CHUNK, tensor.elements()));
        tensor.copyTo(tensor.elements() - chunk.limit(), chunk);
      }
      return true;
    } catch (CheckpointException e) {
      assertThat(e.getMessage()).isNotBlank();
      return false;
    }
  }

  private static byte[] damage(byte[] original, Random random) {
    switch (random.nextInt(6)) {
      case 0 -> {
        return Arrays.copyOf(original, random.nextInt(original.length));
      }
      case 1 -> {
        byte[] noise = new byte[random.nextInt(500)];
        random.nextBytes(noise);
        System.arraycopy(original, 0, noise, 0, Math.min(noise.length, random.nextInt(12)));
        return noise;
      }
      case 2 -> {
        return spliced(original, random);
      }
      default -> {
        byte[] changed = original.clone();
        int changes = 1 << random.nextInt(6);
        for (int i = 0; i < changes; i++) {
          changed[place(changed.length, random)] = value(random);
        }
        return changed;
      }
    }
  }

  /** A copy in which some bytes are repeated or left out. */
  private static byte[] spliced(byte[] original, Random random) {
    int end = place(original.length, random);
    int start = place(original.length, random);
    byte[] spliced = new byte[end + original.length - start];
    System.arraycopy(original, 0, spliced, 0, end);
    System.arraycopy(original, start, spliced, end, original.length - start);
    return spliced;
  }

  /** Mostly near the beginning (headers, the pickle) or the end (the directory of a zip). */
  private static int place(int length, Random random) {
    int near = random.nextInt(Math.min(length, 1 << (3 + random.nextInt(12))));
    return random.nextBoolean() ? near : length - 1 - near;
  }

  private static byte value(Random random) {
    byte[] extremes = {0, 1, 0x7F, (byte) 0x80, (byte) 0xFF};
    return random.nextBoolean()
        ? extremes[random.nextInt(extremes.length)]
        : (byte) random.nextInt(256);
  }

  private static byte[] smallArchive() {
    Pickle pickle = Pickle.protocol(2).ops(PickleOpcode.EMPTY_DICT, PickleOpcode.MARK);
    pickle.text("model").ops(PickleOpcode.EMPTY_DICT, PickleOpcode.MARK);
    for (int i = 0; i < 4; i++) {
      pickle.text("w" + i);
      pickle.tensor("FloatStorage", "0", 8, i, new long[] {2, 2}, new long[] {1, 2});
    }
    pickle.op(PickleOpcode.SETITEMS).text("args").global("argparse", "Namespace");
    pickle.ops(PickleOpcode.EMPTY_TUPLE, PickleOpcode.NEWOBJ, PickleOpcode.EMPTY_DICT);
    pickle.text("lr").number(3).ops(PickleOpcode.SETITEM, PickleOpcode.BUILD);
    return TorchFile.of(pickle.op(PickleOpcode.SETITEMS).stop())
        .text("checkpoint/byteorder", "little")
        .floats("0", new float[8])
        .bytes();
  }

  private static byte[] smallSafetensors() {
    String entry = "{\"dtype\":\"%s\",\"shape\":[2,2],\"data_offsets\":[%d,%d]}";
    String header =
        "{\"a\":" + entry.formatted("F32", 0, 16) + ",\"b\":" + entry.formatted("F16", 16, 24);
    return SafetensorsFile.bytes(header + "}", new byte[24]);
  }
}
