package io.digflink.jobs.decode;

import io.digflink.runtime.image.ImageFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * Stores image files that would make their records too large. A file is named after the digest of
 * its content, so one that is made again after a failure replaces itself.
 */
final class ClaimCheck {
  private final DecodeSettings settings;

  ClaimCheck(DecodeSettings settings) {
    this.settings = settings;
  }

  /** Whether a file of that many bytes is stored here. */
  boolean applies(int bytes) {
    return settings.claimCheckDirectory() != null && bytes > settings.claimCheckThreshold();
  }

  /**
   * Writes a file.
   *
   * @param sha256 digest of its content
   * @return where it is
   */
  URI put(byte[] content, String sha256, ImageFormat format) throws IOException {
    Path directory = new Path(settings.claimCheckDirectory(), sha256.substring(0, 2));
    Path file = new Path(directory, sha256 + format.extension());
    FileSystem fileSystem = file.getFileSystem();
    fileSystem.mkdirs(directory);
    try (OutputStream out = fileSystem.create(file, FileSystem.WriteMode.OVERWRITE)) {
      out.write(content);
    }
    return file.makeQualified(fileSystem).toUri();
  }
}
