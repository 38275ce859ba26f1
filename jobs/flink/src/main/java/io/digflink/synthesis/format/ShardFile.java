package io.digflink.synthesis.format;

import io.digflink.synthesis.store.WorkFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.codec.digest.DigestUtils;

/** A file of a data set that is written aside and then moved to its place. */
final class ShardFile {
  private final WorkFiles files;
  private final String name;
  private final Path temporary;

  /**
   * @param name path relative to the data set's directory
   */
  ShardFile(WorkFiles files, String name) throws IOException {
    this.files = files;
    this.name = name;
    this.temporary = files.temporary(Path.of(name).getFileName().toString());
    Files.deleteIfExists(temporary);
  }

  /** Where to write. */
  Path temporary() {
    return temporary;
  }

  /** Moves the file to its place. */
  ShardWriter.Written publish() throws IOException {
    String digest = new DigestUtils("SHA-256").digestAsHex(temporary);
    long bytes = Files.size(temporary);
    WorkFiles.publish(temporary, files.dataset().resolve(name));
    return new ShardWriter.Written(name, bytes, digest);
  }
}
