package io.digflink.synthesis.spec;

import io.digflink.runtime.model.UnservableException;

/** A specification that cannot be followed; the message says what to change. */
public final class SpecException extends Exception {
  private static final long serialVersionUID = 1L;

  public SpecException(String message) {
    super(message);
  }

  /** What the model cannot do, in the words of a specification. */
  public SpecException(UnservableException cause) {
    super(message(cause), cause);
  }

  SpecException(String message, Throwable cause) {
    super(message, cause);
  }

  static String message(UnservableException e) {
    String key =
        switch (e.field()) {
          case "class_names" -> "labels";
          case "sampler" -> "samplers.name";
          case "timestep_spacing" -> "samplers.spacing";
          case "steps", "eta" -> "samplers." + e.field();
          case "guidance_scale" -> "guidance";
          case "guidance_from", "guidance_to" -> "guidance.interval";
          case "image_format" -> "image.format";
          case "jpeg_quality" -> "image.quality";
          case "width", "height" -> "image." + e.field();
          default -> e.field();
        };
    return key + " is " + e.value() + "; expected " + e.allowed();
  }
}
