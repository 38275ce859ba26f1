package io.digflink.export.checkpoint;

import io.digflink.export.checkpoint.PyContainer.PyDict;
import io.digflink.export.checkpoint.PyContainer.PyList;
import io.digflink.export.checkpoint.PyContainer.PyObject;
import io.digflink.export.checkpoint.PyContainer.PyTuple;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Finds the weights in an unpickled checkpoint, wherever a training script has put them: as the
 * official one does under {@code model} and {@code ema}, under any other keys, in an averaging
 * object's state, or as a bare state dict.
 */
final class TorchLayout {
  private static final int MAX_DEPTH = 4;

  /** Containers may share and contain each other: what is looked through is bounded. */
  private static final int MAX_VISITS = 10_000;

  /** Where a training script's arguments may be; the first one found is taken. */
  private static final List<String> ARGUMENTS =
      List.of("args", "hyper_parameters", "hparams", "config", "cfg");

  /** Keys of dicts without anchors that are taken as weights. */
  private static final List<String> WEIGHTS =
      List.of("model", "state_dict", "model_state_dict", "module");

  /** Keys of what looks like weights but belongs to the training. */
  private static final Pattern TRAINING =
      Pattern.compile("opt|.*(optim|sched|scaler|grad|exp_avg|momentum|rng).*");

  private final FileBytes file;
  private final List<String> anchors;
  private final CheckpointBuilder builder = new CheckpointBuilder();
  private int visits;

  private TorchLayout(FileBytes file, List<String> anchors) {
    this.file = file;
    this.anchors = anchors;
  }

  /**
   * @param anchors names of tensors, each of which marks a network
   */
  static Checkpoint checkpoint(FileBytes file, Object root, Path source, List<String> anchors)
      throws CheckpointException {
    if (root instanceof PyObject object) {
      throw new CheckpointException(
          "%s holds an object of class %s; expected a state dict. Save model.state_dict() in Python"
              .formatted(file.label(), object.pythonType()));
    }
    if (!(root instanceof PyDict dict)) {
      throw new CheckpointException(
          "%s holds a %s; expected a dict of tensors, or one with 'model' or 'ema'"
              .formatted(file.label(), PyContainer.typeOf(root)));
    }
    return new TorchLayout(file, anchors).read(dict, source);
  }

  private Checkpoint read(PyDict root, Path source) throws CheckpointException {
    visit(root, "", 0);
    if (builder.isEmpty()) {
      addWithoutAnchors(root);
    }
    Map<String, Object> args = Map.of();
    for (String key : ARGUMENTS) {
      args = args.isEmpty() ? arguments(root.items().get(key)) : args;
    }
    root.items().forEach(this::note);
    try {
      return builder.build(args, FileBytes.sha256(List.of(file)), source);
    } catch (CheckpointException e) {
      throw new CheckpointException("%s: %s".formatted(file.label(), e.getMessage()), e);
    }
  }

  private Map<String, Object> arguments(Object value) throws CheckpointException {
    return new PlainValues(file.label()).arguments(value);
  }

  /** Notes a key of the checkpoint of which nothing is taken. */
  private void note(Object key, Object value) {
    if (!(value instanceof Tensor) && !ARGUMENTS.contains(key) && !builder.takesFrom(key)) {
      builder.addIgnored(key instanceof String name ? name : "a " + PyContainer.typeOf(key));
    }
  }

  private void visit(Object value, String place, int depth) {
    Map<Object, Object> items =
        value instanceof PyDict dict
            ? dict.items()
            : value instanceof PyObject object ? object.attributes().items() : Map.of();
    if (items.isEmpty() || depth > MAX_DEPTH || ++visits > MAX_VISITS) {
      return;
    }
    Map<String, Object> named = new LinkedHashMap<>();
    items.forEach(
        (key, item) -> {
          if (key instanceof String name) {
            named.put(name, item);
          }
        });
    builder.add(WeightSet.find(place, named, anchors));
    named.forEach(
        (name, item) -> {
          if (TRAINING.matcher(name.toLowerCase(Locale.ROOT)).matches()) {
            return;
          }
          String inner = WeightSet.joined(place, name);
          visit(item, inner, depth + 1);
          if (name.equals("shadow_params")) {
            tensors(item).ifPresent(tensors -> builder.addUnnamed(inner, tensors));
          }
        });
  }

  private static Optional<List<Tensor>> tensors(Object list) {
    List<Object> items =
        list instanceof PyList known
            ? known.items()
            : list instanceof PyTuple tuple ? tuple.items() : List.of();
    List<Tensor> tensors = new ArrayList<>();
    for (Object item : items) {
      if (!(item instanceof Tensor tensor)) {
        return Optional.empty();
      }
      tensors.add(tensor);
    }
    return tensors.isEmpty() ? Optional.empty() : Optional.of(tensors);
  }

  /** Takes the usual keys, or the checkpoint itself, as another network's weights. */
  private void addWithoutAnchors(PyDict root) throws CheckpointException {
    Map<Object, Object> items = root.items();
    if (items.get("ema") instanceof PyDict ema && hasTensors(ema)) {
      builder.add(List.of(weights("ema", ema)));
    }
    for (String key : WEIGHTS) {
      if (items.get(key) instanceof PyDict weights) {
        builder.add(List.of(weights(key, weights)));
        return;
      } else if (items.get(key) instanceof PyObject object) {
        throw new CheckpointException(
            "%s: '%s' is an object of class %s; expected a state dict. Save model.state_dict() in"
                    .formatted(file.label(), key, object.pythonType())
                + " Python");
      }
    }
    if (builder.isEmpty()) {
      builder.add(List.of(weights("", root)));
    }
  }

  private static boolean hasTensors(PyDict dict) {
    return dict.items().values().stream().anyMatch(Tensor.class::isInstance);
  }

  private WeightSet weights(String key, PyDict dict) throws CheckpointException {
    String where = key.isEmpty() ? "the checkpoint" : key;
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<Object, Object> item : dict.items().entrySet()) {
      if (item.getKey() instanceof String name && item.getValue() instanceof Tensor tensor) {
        tensors.put(name, tensor);
      } else if (!hasTensors(dict)) {
        throw new CheckpointException(
            "%s: '%s' in %s is of type %s; expected a state dict, which has only tensors"
                .formatted(
                    file.label(), item.getKey(), where, PyContainer.typeOf(item.getValue())));
      }
    }
    if (tensors.isEmpty()) {
      throw new CheckpointException("%s: %s has no tensors".formatted(file.label(), where));
    }
    return new WeightSet(key, tensors, Map.of());
  }
}
