package io.digflink.synthesis.plan;

import io.digflink.bundle.ModelManifest;
import io.digflink.synthesis.spec.SpecException;
import java.io.IOException;
import java.util.BitSet;
import java.util.stream.Collectors;

/**
 * Whether an image folder can hold the labels of a plan. Its readers do not read labels: they
 * number the folders that they find. Where a class has no image, and so no folder, every class
 * after it would get another number than its label, whatever the folders are called. Such a plan is
 * refused.
 */
public final class FolderLabels {
  private static final int MOST_LISTED = 10;

  private FolderLabels() {}

  /**
   * Checks that every class has an image, or none has.
   *
   * @throws SpecException naming the classes without an image
   */
  public static void check(DatasetPlan plan, ModelManifest model)
      throws IOException, SpecException {
    if (model.classes() == null) {
      return;
    }
    BitSet missing = new BitSet();
    missing.set(0, model.classes().count());
    missing.andNot(plan.labels(model));
    if (missing.isEmpty() || missing.cardinality() == model.classes().count()) {
      return;
    }
    String listed =
        missing.stream()
            .limit(MOST_LISTED)
            .mapToObj(String::valueOf)
            .collect(Collectors.joining(", "));
    throw new SpecException(
        "output.format is imagefolder, but there are no images of the classes "
            + listed
            + (missing.cardinality() > MOST_LISTED ? ", …" : "")
            + ": readers of image folders number the folders that they find, so the images would"
            + " get wrong labels. Take webdataset, parquet or npz, or images of every class");
  }
}
