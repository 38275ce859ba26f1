package io.digflink.lab.faults.dataset;

import io.digflink.lab.faults.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The files of a data set.
 *
 * @param images that it has
 * @param digests SHA-256 of every file by its path
 */
record Dataset(int images, SortedMap<String, String> digests) {

  /** Reads a complete one. */
  static Dataset read(Path directory, int images) throws IOException {
    SortedMap<String, String> digests = new TreeMap<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        digests.put(
            directory.relativize(file).toString(), DigestUtils.sha256Hex(Files.readAllBytes(file)));
      }
    }
    return new Dataset(images, digests);
  }

  /** Judges the files of a directory by those of this one: all of them, to the byte. */
  Verdict judge(Dataset other) {
    int lost = 0;
    int differing = 0;
    for (String file : digests.keySet()) {
      String found = other.digests.get(file);
      lost += found == null ? 1 : 0;
      differing += found == null || found.equals(digests.get(file)) ? 0 : 1;
    }
    int unasked =
        (int) other.digests.keySet().stream().filter(file -> !digests.containsKey(file)).count();
    return new Verdict(1, images, 0, lost, 0, differing, unasked);
  }
}
