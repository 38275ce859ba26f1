package io.digflink.synthesis.format;

import io.digflink.bundle.ModelManifest;
import io.digflink.synthesis.store.Sample;
import io.digflink.synthesis.store.ShardLayout;
import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What the writers need to know of the whole data set.
 *
 * @param layout images and shards
 * @param classNames name of every class by label; empty for a model without classes
 * @param latents whether samples have latents
 * @param latentChannels channels of a latent
 * @param imageScale image pixels a latent cell, in each direction
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
  public DatasetInfo {
    classNames = List.copyOf(classNames);
  }

  /** Class names of a model, its labels as names where it has none. */
  public static List<String> classNames(ModelManifest model) {
    if (model.classes() == null) {
      return List.of();
    }
    return model.classes().names() != null
        ? model.classes().names()
        : IntStream.range(0, model.classes().count()).mapToObj(String::valueOf).toList();
  }

  /** Numbers of a latent. */
  public long latentNumbers() {
    return (long) latentChannels * (height / imageScale) * (width / imageScale);
  }

  /** Shape [channels, height, width] of a sample's latent. */
  long[] latentShape(Sample sample) {
    return new long[] {
      latentChannels,
      sample.image().getHeight() / imageScale,
      sample.image().getWidth() / imageScale
    };
  }

  /** Name of an image, the same number of digits for all: the key of WebDataset. */
  public String key(long index) {
    int digits = Math.max(6, String.valueOf(layout.images() - 1).length());
    return String.format("%0" + digits + "d", index);
  }
}
