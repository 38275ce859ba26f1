package io.digflink.runtime.image;

import java.util.Arrays;

/** The image files that requests may ask for. */
public enum ImageFormat {
  PNG("png", "image/png"),
  JPEG("jpeg", "image/jpeg");

  private final String id;
  private final String mediaType;

  ImageFormat(String id, String mediaType) {
    this.id = id;
    this.mediaType = mediaType;
  }

  /** The name in requests and results. */
  public String id() {
    return id;
  }

  /** The media type of a file. */
  public String mediaType() {
    return mediaType;
  }

  /** The usual ending of a file name, with its dot. */
  public String extension() {
    return this == PNG ? ".png" : ".jpg";
  }

  /**
   * The format of a name, whatever its case.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static ImageFormat of(String id) {
    return Arrays.stream(values())
        .filter(format -> format.id.equalsIgnoreCase(id))
        .findAny()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Expected an image format of png, jpeg, found \"" + id + "\""));
  }
}
