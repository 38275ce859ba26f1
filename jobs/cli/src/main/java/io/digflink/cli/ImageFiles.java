package io.digflink.cli;

import io.digflink.cli.client.ImageContent;
import io.digflink.schemas.GeneratedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

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
    Files.write(file, ImageContent.of(image));
    return file;
  }

  /** A class's name, or its label where it has none, fit for a file name. */
  static String className(GeneratedImage image) {
    String name =
        image.getClassName() != null ? image.getClassName() : String.valueOf(image.getLabel());
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
  }
}
