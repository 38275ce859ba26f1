package io.digflink.export;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A size in image pixels.
 *
 * @param height rows
 * @param width columns
 */
public record ImageSize(int height, int width) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,6})(?:x(\\d{1,6}))?");

  public ImageSize {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          String.format("The image size is %dx%d; expected at least one pixel", height, width));
    }
  }

  /**
   * Reads {@code 256} or {@code 256x512} (height, then width).
   *
   * @throws IllegalArgumentException if it is something else
   */
  public static ImageSize parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          String.format(
              "The image size is \"%s\"; expected pixels as 256 or HEIGHTxWIDTH, 256x512", text));
    }
    int height = Integer.parseInt(matcher.group(1));
    int width = matcher.group(2) == null ? height : Integer.parseInt(matcher.group(2));
    return new ImageSize(height, width);
  }

  @Override
  public String toString() {
    return height + "x" + width;
  }
}
