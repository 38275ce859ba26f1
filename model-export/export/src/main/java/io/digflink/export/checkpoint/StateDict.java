package io.digflink.export.checkpoint;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;

/**
 * Tensors by parameter name, in the order of the checkpoint. The prefix {@code module.} that
 * DistributedDataParallel adds to every name is already removed.
 */
public final class StateDict {
  private static final String DDP_PREFIX = "module.";

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  private StateDict() {}

  /**
   * @throws IllegalArgumentException if two tensors have the same name
   */
  public static StateDict of(Collection<Tensor> tensors) {
    boolean wrapped =
        !tensors.isEmpty() && tensors.stream().allMatch(t -> t.name().startsWith(DDP_PREFIX));
    StateDict dict = new StateDict();
    for (Tensor tensor : tensors) {
      Tensor named =
          wrapped ? tensor.withName(tensor.name().substring(DDP_PREFIX.length())) : tensor;
      if (dict.tensors.put(named.name(), named) != null) {
        throw new IllegalArgumentException("two tensors are named " + named.name());
      }
    }
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
