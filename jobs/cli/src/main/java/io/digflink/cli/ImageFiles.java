package io.digflink.cli;

import io.digflink.schemas.GeneratedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.apache.flink.core.fs.FileSystem;

/** Writes the images that came out of the topic as files. */
final class ImageFiles {
  private final Path directory;

  ImageFiles(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
  }

  /**
   * Writes an image.
   *
   * @param name file name without ending
   */
  Path write(GeneratedImage image, String name) throws IOException {
    Path file = directory.resolve(name + "." + image.getFormat());
    Files.write(file, content(image));
    return file;
  }

  /** The image file: out of the record, or from where it was put aside. */
  static byte[] content(GeneratedImage image) throws IOException {
    if (image.getBytes() != null) {
      byte[] content = new byte[image.getBytes().remaining()];
      image.getBytes().duplicate().get(content);
      return content;
    }
    org.apache.flink.core.fs.Path path = new org.apache.flink.core.fs.Path(image.getUri());
    try (InputStream in = FileSystem.get(path.toUri()).open(path)) {
      return in.readAllBytes();
    }
  }

  /** A class's name, or its label where it has none, fit for a file name. */
  static String className(GeneratedImage image) {
    String name =
        image.getClassName() != null ? image.getClassName() : String.valueOf(image.getLabel());
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
  }
}
