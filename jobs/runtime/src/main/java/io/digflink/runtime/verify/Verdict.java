package io.digflink.runtime.verify;

/**
 * Whether a model makes an image file again.
 *
 * @param verified whether the file is the same, byte for byte
 * @param message what was found
 */
public record Verdict(boolean verified, String message) {
  static Verdict no(String format, Object... arguments) {
    return new Verdict(false, String.format(format, arguments));
  }
}
