package io.digflink.synthesis.plan;

import io.digflink.bundle.ModelManifest;
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
    if (labels.kind() == Labels.Kind.UNCONDITIONAL) {
      requireUnconditional(model);
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
        return new LabelPlan(list(labels.list(), model), null);
      }
      case WEIGHTED -> {
        for (Map.Entry<String, Double> share : labels.weights().entrySet()) {
          weights[labelOf(share.getKey(), model)] += share.getValue();
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

  private static void requireUnconditional(ModelManifest model) throws SpecException {
    if (model.classes() != null && model.classes().nullClass() == null) {
      throw new SpecException(
          "labels is unconditional, but "
              + model.name()
              + " was trained without unconditional images: take labels: balanced");
    }
  }

  private static int[] list(List<String> names, ModelManifest model) throws SpecException {
    int[] list = new int[names.size()];
    for (int i = 0; i < list.length; i++) {
      list[i] = labelOf(names.get(i), model);
    }
    return list;
  }

  /** A name comes before an index, for classes whose names are numbers. */
  private static int labelOf(String name, ModelManifest model) throws SpecException {
    ModelManifest.Classes classes = model.classes();
    Integer named = classes.labelOf(name).orElse(null);
    if (named != null) {
      return named;
    }
    if (name.matches("[0-9]{1,9}") && Integer.parseInt(name) < classes.count()) {
      return Integer.parseInt(name);
    }
    throw new SpecException(
        "labels has the class \""
            + name
            + "\"; expected 0 to "
            + (classes.count() - 1)
            + (classes.names() == null ? "" : " or one of " + String.join(", ", classes.names())));
  }
}
