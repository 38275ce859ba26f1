package io.digflink.synthesis.dataset;

import io.digflink.schemas.GeneratedImage;
import io.digflink.synthesis.format.DatasetInfo;
import io.digflink.synthesis.spec.OutputFormat;
import io.digflink.synthesis.store.ShardLayout;
import io.digflink.synthesis.store.WorkFiles;
import java.io.Serializable;
import java.nio.file.Path;

/**
 * Where a data set lies and how.
 *
 * @param directory the data set's directory, the same path on every machine of the job
 * @param format its format
 * @param imageMetadata whether image files say how they were made
 * @param info what its writers need to know
 */
public record DatasetSettings(
    String directory, OutputFormat format, boolean imageMetadata, DatasetInfo info)
    implements Serializable {
  /** Images at the beginning of the data set that the contact sheet shows. */
  static final int SHEET_IMAGES = 100;

  /** Images and shards. */
  public ShardLayout layout() {
    return info.layout();
  }

  /** Whether the format can hold an image: an npz only those of one size. */
  public boolean takes(GeneratedImage image) {
    return format != OutputFormat.NPZ
        || (image.getWidth() == info.width() && image.getHeight() == info.height());
  }

  /** Names of the files. */
  public WorkFiles files() {
    return new WorkFiles(Path.of(directory));
  }
}
