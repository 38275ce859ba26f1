package io.digflink.cli.client;

import io.digflink.schemas.GeneratedImage;
import java.io.IOException;
import java.io.InputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/** The image file of a record. */
public final class ImageContent {
  private ImageContent() {}

  /** The file: out of the record, or from where it was put aside. */
  public static byte[] of(GeneratedImage image) throws IOException {
    if (image.getBytes() != null) {
      byte[] content = new byte[image.getBytes().remaining()];
      image.getBytes().duplicate().get(content);
      return content;
    }
    Path path = new Path(image.getUri());
    try (InputStream in = FileSystem.get(path.toUri()).open(path)) {
      return in.readAllBytes();
    }
  }
}
