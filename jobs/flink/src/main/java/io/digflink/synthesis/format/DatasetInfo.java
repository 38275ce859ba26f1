package io.digflink.synthesis.format;

import io.digflink.bundle.ModelManifest;
import io.digflink.synthesis.store.Sample;
import io.digflink.synthesis.store.ShardLayout;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What the writers need to know of the whole data set.
 *
 * @param layout images and shards
 * @param classNames name of every class by label; empty for a model without classes
 * @param latents whether samples have latents
 * @param latentChannels channels of a latent
 * @param imageScale image pixels per latent cell, in each direction
 * @param width of the images in pixels
 * @param height of the images in pixels
 */
public record DatasetInfo(
    ShardLayout layout,
    List<String> classNames,
    boolean latents,
    int latentChannels,
    int imageScale,
    int width,
    int height)
    implements Serializable {
  /** What unconditional images are called where classes have names. */
  public static final String NO_CLASS = "unconditional";

  public DatasetInfo {
    classNames = List.copyOf(classNames);
  }

  /**
   * Names of a model's classes for readers, its labels where it has no names. Readers refuse or mix
   * up classes of one name, so such names have their label behind them: {@code crane (134)}.
   *
   * @param classes the classes, or null for a model without
   */
  public static List<String> classNames(ModelManifest.Classes classes) {
    if (classes == null) {
      return List.of();
    }
    if (classes.names() == null) {
      return IntStream.range(0, classes.count()).mapToObj(String::valueOf).toList();
    }
    List<String> names = classes.names();
    Map<String, Long> uses =
        names.stream().collect(Collectors.groupingBy(name -> name, Collectors.counting()));
    return IntStream.range(0, names.size())
        .mapToObj(
            label -> {
              String name = names.get(label);
              boolean unique = uses.get(name) == 1 && !name.equals(NO_CLASS);
              return unique ? name : name + " (" + label + ")";
            })
        .toList();
  }

  /** Numbers of a latent. */
  public long latentNumbers() {
    return (long) latentChannels * (height / imageScale) * (width / imageScale);
  }

  /** Shape [channels, height, width] of a sample's latent. */
  long[] latentShape(Sample sample) {
    return latentShape(sample.image().getWidth(), sample.image().getHeight());
  }

  /** Shape [channels, height, width] of the latent of an image size. */
  long[] latentShape(int imageWidth, int imageHeight) {
    return new long[] {latentChannels, imageHeight / imageScale, imageWidth / imageScale};
  }

  /** Name of an image, the same number of digits for all: the key of WebDataset. */
  public String key(long index) {
    int digits = Math.max(6, String.valueOf(layout.images() - 1).length());
    return String.format("%0" + digits + "d", index);
  }
}
