package io.digflink.synthesis.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolITCase {
  private static final long FIRST = 5_000_000_000L;
  private static final int CAPACITY = 10;

  @TempDir private Path directory;

  @Test
  void imagesComeBackInAnyOrderAfterReopening() throws Exception {
    Path file = directory.resolve("a.spool");
    write(file, 7, 2, 9);

    try (Spool spool = Spool.open(file, FIRST, CAPACITY)) {
      assertThat(spool.size()).isEqualTo(3);
      assertThat(spool.contains(FIRST + 3)).isFalse();
      for (int i : new int[] {9, 2, 7}) {
        Sample sample = spool.read(FIRST + i);
        assertThat(sample.index()).isEqualTo(FIRST + i);
        assertThat(sample.image()).isEqualTo(Samples.of(FIRST + i).image());
        assertThat(sample.latent()).isEqualTo(Samples.of(FIRST + i).latent());
      }
    }
  }

  @Test
  void anImageThatComesTwiceCountsOnce() throws Exception {
    Path file = directory.resolve("a.spool");
    write(file, 1, 1, 2);
    long size = Files.size(file);
    write(file, 2, 1);

    assertThat(Files.size(file)).isEqualTo(size);
    assertThat(Spool.peek(file, FIRST, CAPACITY)).isEqualTo(bits(1, 2));
  }

  @Test
  void whereverTheEndIsTornOffWhatIsWholeStaysAndTheRestIsWrittenAgain() throws Exception {
    Path whole = directory.resolve("whole.spool");
    write(whole, 0, 1);
    int two = (int) Files.size(whole);
    write(whole, 2);
    byte[] bytes = Files.readAllBytes(whole);

    for (int length = two; length < bytes.length; length++) {
      Path torn = directory.resolve("torn.spool");
      Files.write(torn, Arrays.copyOf(bytes, length));
      assertThat(Spool.peek(torn, FIRST, CAPACITY)).isEqualTo(bits(0, 1));
      write(torn, 2);
      assertThat(Files.readAllBytes(torn)).isEqualTo(bytes);
    }
  }

  @Test
  void aDamagedFrameAndWhatFollowsItAreMadeAgain() throws Exception {
    Path file = directory.resolve("a.spool");
    write(file, 0);
    int one = (int) Files.size(file);
    write(file, 1, 2);
    byte[] bytes = Files.readAllBytes(file);
    bytes[one + 40] ^= 1;
    Files.write(file, bytes);

    assertThat(Spool.peek(file, FIRST, CAPACITY)).isEqualTo(bits(0));
  }

  @Test
  void lengthsThatLieAreNotBelieved() throws Exception {
    Path file = directory.resolve("a.spool");
    Files.write(
        file, new byte[] {0x7F, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});

    assertThat(Spool.peek(file, FIRST, CAPACITY).isEmpty()).isTrue();
  }

  @Test
  void anImageThatIsNotThereIsToldByItsNumber() throws Exception {
    try (Spool spool = Spool.open(directory.resolve("a.spool"), FIRST, CAPACITY)) {
      assertThatThrownBy(() -> spool.read(FIRST))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("Expected image 5000000000 in");
    }
  }

  private static void write(Path file, int... offsets) throws IOException {
    try (Spool spool = Spool.open(file, FIRST, CAPACITY)) {
      for (int offset : offsets) {
        spool.append(Samples.of(FIRST + offset));
      }
    }
  }

  private static BitSet bits(int... set) {
    BitSet bits = new BitSet();
    for (int bit : set) {
      bits.set(bit);
    }
    return bits;
  }
}
