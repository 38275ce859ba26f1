package io.digflink.export.checkpoint;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;

/**
 * Tensors by parameter name, in the order of the checkpoint. What wrappers such as
 * DistributedDataParallel add to names is already removed.
 */
public final class StateDict {
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  private StateDict() {}

  /**
   * @throws IllegalArgumentException if two tensors have the same name
   */
  public static StateDict of(Collection<Tensor> tensors) {
    Map<String, Tensor> byName = new LinkedHashMap<>();
    for (Tensor tensor : tensors) {
      if (byName.put(tensor.name(), tensor) != null) {
        throw new IllegalArgumentException("two tensors are named " + tensor.name());
      }
    }
    StateDict dict = new StateDict();
    WeightNames.plain(byName)
        .forEach((name, tensor) -> dict.tensors.put(name, tensor.withName(name)));
    return dict;
  }

  /** Parameter names in the order of the checkpoint. */
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  public boolean contains(String name) {
    return tensors.containsKey(name);
  }

  /**
   * @throws NoSuchElementException if there is no such tensor; ask {@link #contains} first
   */
  public Tensor get(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new NoSuchElementException(
          "the checkpoint has no tensor '%s' among its %d".formatted(name, tensors.size()));
    }
    return tensor;
  }
}
