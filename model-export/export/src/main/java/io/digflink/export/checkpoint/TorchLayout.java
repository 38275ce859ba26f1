package io.digflink.export.checkpoint;

import io.digflink.export.checkpoint.PyContainer.PyDict;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the weights in an unpickled checkpoint: under {@code model}, {@code ema} and {@code args}
 * as the official training script saves them, under {@code state_dict}, or as a bare state dict.
 */
final class TorchLayout {
  private TorchLayout() {}

  static Checkpoint checkpoint(FileBytes file, Object root, Path source)
      throws CheckpointException {
    if (!(root instanceof PyDict dict)) {
      throw new CheckpointException(
          "%s holds a %s; expected a dict of tensors, or one with 'model' or 'ema'"
              .formatted(file.label(), PyContainer.typeOf(root)));
    }
    Map<Object, Object> items = dict.items();
    Optional<StateDict> ema = Optional.empty();
    StateDict model;
    if (items.get("ema") instanceof PyDict weights) {
      ema = Optional.of(stateDict(file, "ema", weights));
    }
    if (items.get("model") instanceof PyDict weights) {
      model = stateDict(file, "model", weights);
    } else if (items.get("state_dict") instanceof PyDict weights) {
      model = stateDict(file, "state_dict", weights);
    } else if (ema.isPresent()) {
      model = ema.get();
    } else {
      model = stateDict(file, "the checkpoint", dict);
    }
    Map<String, Object> args =
        items.get("args") instanceof PyDict namespace
            ? new PlainValues(file.label()).map(namespace)
            : Map.of();
    return new Checkpoint(model, ema, args, FileBytes.sha256(List.of(file)), source);
  }

  private static StateDict stateDict(FileBytes file, String where, PyDict dict)
      throws CheckpointException {
    List<Tensor> tensors = new ArrayList<>();
    for (Map.Entry<Object, Object> item : dict.items().entrySet()) {
      if (!(item.getKey() instanceof String name && item.getValue() instanceof Tensor tensor)) {
        throw new CheckpointException(
            "%s: '%s' in %s is of type %s; expected a state dict, which has only tensors"
                .formatted(
                    file.label(), item.getKey(), where, PyContainer.typeOf(item.getValue())));
      }
      tensors.add(tensor.withName(name));
    }
    if (tensors.isEmpty()) {
      throw new CheckpointException("%s: %s has no tensors".formatted(file.label(), where));
    }
    return StateDict.of(tensors);
  }
}
