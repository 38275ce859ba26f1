package io.digflink.runtime.model;

import io.digflink.bundle.ModelManifest;
import io.digflink.runtime.image.ImageFormat;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.SamplerType;
import io.digflink.runtime.sampling.TimestepSpacing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a model can do. This class alone decides whether an image can be made, for requests, for
 * data-set specifications and for command lines. Static methods check what is the same for every
 * model. Names ignore case.
 */
public final class Capabilities {
  private static final int LISTED_NAMES = 20;

  private final ModelManifest model;
  private final int mostSteps;
  private final double mostGuidance;
  private final long mostPixels;
  private final Map<String, List<Integer>> labelsByName = new HashMap<>();

  private Capabilities(ModelManifest model, int mostSteps, double mostGuidance, long mostPixels) {
    this.model = model;
    this.mostSteps = Math.min(mostSteps, model.schedule().timesteps());
    this.mostGuidance = mostGuidance;
    this.mostPixels = mostPixels;
    List<String> names = names();
    for (int label = 0; label < names.size(); label++) {
      labelsByName.computeIfAbsent(key(names.get(label)), key -> new ArrayList<>()).add(label);
    }
  }

  /** All that a model can do. */
  public static Capabilities of(ModelManifest model) {
    return new Capabilities(model, Integer.MAX_VALUE, Double.MAX_VALUE, Long.MAX_VALUE);
  }

  /**
   * What of it is allowed under limits.
   *
   * @param steps most denoising steps
   * @param guidanceScale greatest guidance scale
   * @param pixels most pixels of an image
   */
  public Capabilities within(int steps, double guidanceScale, long pixels) {
    return new Capabilities(model, steps, guidanceScale, pixels);
  }

  /**
   * Labels of classes that are given by number or by name, the numbers first. Without any it is the
   * label of unconditional images, and for a model without classes there is none.
   */
  public int[] labels(List<Integer> numbers, List<String> names) throws UnservableException {
    if (model.classes() == null) {
      requireNone("labels", numbers);
      requireNone("class_names", names);
      return new int[0];
    }
    List<Integer> labels = new ArrayList<>();
    for (int number : numbers) {
      labels.add(checkLabel(number));
    }
    for (String name : names) {
      labels.add(labelOfName(name));
    }
    if (labels.isEmpty()) {
      labels.add(unconditionalLabel());
    }
    return labels.stream().mapToInt(Integer::intValue).toArray();
  }

  private void requireNone(String field, List<?> values) throws UnservableException {
    if (!values.isEmpty()) {
      throw new UnservableException(field, values, "none: " + model.name() + " has no classes");
    }
  }

  private int checkLabel(int label) throws UnservableException {
    if (label < 0 || label >= model.classes().count()) {
      throw new UnservableException("labels", label, labelRange());
    }
    return label;
  }

  private String labelRange() {
    return "0 to " + (model.classes().count() - 1);
  }

  /** Label of a class that is given by name or number; a class whose name is a number wins. */
  public int label(String nameOrNumber) throws UnservableException {
    if (model.classes() == null) {
      throw new UnservableException(
          "labels", quoted(nameOrNumber), "none: " + model.name() + " has no classes");
    }
    if (nameOrNumber.matches("[0-9]{1,9}") && !labelsByName.containsKey(key(nameOrNumber))) {
      return checkLabel(Integer.parseInt(nameOrNumber));
    }
    return labelOfName(nameOrNumber);
  }

  /** Whether a class, or several, have this name. */
  public boolean hasClassNamed(String name) {
    return labelsByName.containsKey(key(name));
  }

  private int labelOfName(String name) throws UnservableException {
    List<Integer> found = labelsByName.getOrDefault(key(name), List.of());
    if (found.size() > 1) {
      // Names that differ only in case are distinguished by it.
      List<Integer> exact =
          found.stream().filter(label -> names().get(label).equals(name)).toList();
      found = exact.isEmpty() ? found : exact;
    }
    if (found.isEmpty()) {
      throw new UnservableException("class_names", quoted(name), knownNames());
    }
    if (found.size() > 1) {
      throw new UnservableException(
          "class_names",
          quoted(name),
          "names of one class only: labels "
              + found.stream().map(String::valueOf).collect(Collectors.joining(" and "))
              + " share this name, ask for one of them by its number");
    }
    return found.get(0);
  }

  private String knownNames() {
    List<String> names = names();
    if (names.isEmpty()) {
      return "none: " + model.name() + " has no class names, use labels " + labelRange();
    }
    String listed = names.stream().limit(LISTED_NAMES).collect(Collectors.joining(", "));
    return names.size() <= LISTED_NAMES
        ? listed
        : listed + ", … (" + names.size() + " names, or labels " + labelRange() + ")";
  }

  /** Label of unconditional images; null for a model without classes. */
  public Integer unconditionalLabel() throws UnservableException {
    if (model.classes() != null && model.classes().nullClass() == null) {
      throw new UnservableException(
          "labels",
          "[]",
          "at least one label: " + model.name() + " was trained without unconditional images");
    }
    return model.classes() == null ? null : model.classes().nullClass();
  }

  /** Checks the number of steps. */
  public void checkSteps(int steps, TimestepSpacing spacing) throws UnservableException {
    if (steps < 1 || steps > mostSteps) {
      throw new UnservableException("steps", steps, "1 to " + mostSteps);
    }
    int timesteps = model.schedule().timesteps();
    if (!spacing.canTake(timesteps, steps)) {
      throw new UnservableException(
          "timestep_spacing",
          quoted(spacing.id()),
          String.format(
              "uniform with %d steps, or %s with %s",
              steps, spacing.id(), spacing.nearest(timesteps, steps)));
    }
  }

  /** Checks a guidance scale; 1 is no guidance. */
  public void checkGuidance(double scale) throws UnservableException {
    if (!(scale >= 1 && scale <= mostGuidance)) {
      throw new UnservableException(
          "guidance_scale",
          scale,
          mostGuidance == Double.MAX_VALUE ? "1 (no guidance) or more" : "1 to " + mostGuidance);
    }
    if (scale != 1 && model.classes() == null) {
      throw new UnservableException(
          "guidance_scale", scale, "1: " + model.name() + " has no classes to guide to");
    }
    if (scale != 1 && model.classes().nullClass() == null) {
      throw new UnservableException(
          "guidance_scale",
          scale,
          "1: " + model.name() + " was trained without unconditional images");
    }
  }

  /**
   * Shape of the latents of an image size. The model must have a decoder.
   *
   * @param height rows of pixels, or null for the model's own
   * @param width columns of pixels, or null for the model's own
   */
  public LatentShape latentOf(Integer height, Integer width) throws UnservableException {
    ModelManifest.Latent latent = model.latent();
    int scale = model.image().scale();
    int rows = pixels("height", height, latent.height());
    int columns = pixels("width", width, latent.width());
    if (rows != columns && model.squareOnly()) {
      throw new UnservableException(
          "width",
          columns + " (height " + rows + ")",
          "the height: " + model.name() + " makes square images only");
    }
    if ((long) rows * columns > mostPixels) {
      throw new UnservableException(
          "width",
          columns + " (height " + rows + ")",
          "at most " + mostPixels + " pixels per image");
    }
    return new LatentShape(latent.channels(), rows / scale, columns / scale);
  }

  private int pixels(String field, Integer wanted, int trainedCells) throws UnservableException {
    int scale = model.image().scale();
    int trained = trainedCells * scale;
    if (wanted == null || wanted == trained) {
      return trained;
    }
    if (!model.latent().dynamicSize()) {
      throw new UnservableException(field, wanted, trained + ": this model makes one size");
    }
    int multiple = model.latent().sizeMultiple() * scale;
    if (wanted < multiple || wanted % multiple != 0) {
      throw new UnservableException(field, wanted, "multiples of " + multiple);
    }
    return wanted;
  }

  /** The sampler of a name. */
  public static SamplerType sampler(String name) throws UnservableException {
    try {
      return SamplerType.of(name);
    } catch (IllegalArgumentException e) {
      throw new UnservableException("sampler", quoted(name), "one of " + SamplerType.ids());
    }
  }

  /** The timestep spacing of a name. */
  public static TimestepSpacing spacing(String name) throws UnservableException {
    try {
      return TimestepSpacing.of(name);
    } catch (IllegalArgumentException e) {
      throw new UnservableException("timestep_spacing", quoted(name), "uniform or ddim");
    }
  }

  /** Checks the stochasticity of a sampler; null stands for 0. */
  public static void checkEta(Double eta, SamplerType sampler) throws UnservableException {
    if (eta != null && !(eta >= 0 && eta <= (sampler == SamplerType.DDIM ? 1 : 0))) {
      throw new UnservableException("eta", eta, "0 to 1 with ddim, else 0 or none");
    }
  }

  /** Checks the ends of a guidance interval. */
  public static void checkGuidanceInterval(double from, double to) throws UnservableException {
    if (!(from >= 0 && from <= 1)) {
      throw new UnservableException("guidance_from", from, "0 to 1");
    }
    if (!(to >= from && to <= 1)) {
      throw new UnservableException("guidance_to", to, "guidance_from (" + from + ") to 1");
    }
  }

  /** The image format of a name. */
  public static ImageFormat format(String name) throws UnservableException {
    try {
      return ImageFormat.of(name);
    } catch (IllegalArgumentException e) {
      throw new UnservableException("image_format", quoted(name), "png or jpeg");
    }
  }

  /** Checks the quality of a file; null stands for the default. */
  public static void checkQuality(Integer quality, ImageFormat format) throws UnservableException {
    if (quality != null && (format != ImageFormat.JPEG || quality < 1 || quality > 100)) {
      throw new UnservableException("jpeg_quality", quality, "1 to 100 with jpeg, else none");
    }
  }

  private List<String> names() {
    ModelManifest.Classes classes = model.classes();
    return classes == null || classes.names() == null ? List.of() : classes.names();
  }

  private static String key(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  private static String quoted(String name) {
    return "\"" + name + "\"";
  }
}
