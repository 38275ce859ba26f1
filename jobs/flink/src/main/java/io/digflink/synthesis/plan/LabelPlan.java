package io.digflink.synthesis.plan;

import io.digflink.bundle.ModelManifest;
import io.digflink.runtime.model.Capabilities;
import io.digflink.runtime.model.UnservableException;
import io.digflink.synthesis.spec.Labels;
import io.digflink.synthesis.spec.SpecException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Gives every image its label: from a list, by shares of the classes, or none. */
final class LabelPlan implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int[] list;
  private final ClassShares shares;

  private LabelPlan(int[] list, ClassShares shares) {
    this.list = list;
    this.shares = shares;
  }

  /**
   * The plan of a specification's labels.
   *
   * @throws SpecException if the model has no such classes
   */
  static LabelPlan of(Labels labels, ModelManifest model, long images) throws SpecException {
    try {
      return of(labels, model, Capabilities.of(model), images);
    } catch (UnservableException e) {
      throw new SpecException(e);
    }
  }

  private static LabelPlan of(
      Labels labels, ModelManifest model, Capabilities capabilities, long images)
      throws SpecException, UnservableException {
    if (labels.kind() == Labels.Kind.UNCONDITIONAL) {
      capabilities.unconditionalLabel();
      return new LabelPlan(null, null);
    }
    if (model.classes() == null) {
      throw new SpecException(
          "labels is "
              + labels.kind()
              + ", but "
              + model.name()
              + " has no classes: take labels: unconditional");
    }
    double[] weights = new double[model.classes().count()];
    switch (labels.kind()) {
      case LISTED -> {
        return new LabelPlan(list(labels.list(), capabilities), null);
      }
      case WEIGHTED -> {
        for (Map.Entry<String, Double> share : labels.weights().entrySet()) {
          weights[capabilities.label(share.getKey())] += share.getValue();
        }
      }
      default -> Arrays.fill(weights, 1);
    }
    return new LabelPlan(null, new ClassShares(images, weights));
  }

  /** Label of an image; null for none. */
  Integer labelOf(long index) {
    if (list != null) {
      return list[(int) (index % list.length)];
    }
    return shares == null ? null : Integer.valueOf(shares.labelOf(index));
  }

  private static int[] list(List<String> names, Capabilities capabilities)
      throws UnservableException {
    int[] list = new int[names.size()];
    for (int i = 0; i < list.length; i++) {
      list[i] = capabilities.label(names.get(i));
    }
    return list;
  }
}
