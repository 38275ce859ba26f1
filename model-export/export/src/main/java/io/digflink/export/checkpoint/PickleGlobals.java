package io.digflink.export.checkpoint;

import io.digflink.export.checkpoint.PyContainer.PyDict;
import io.digflink.export.checkpoint.PyContainer.PyList;
import io.digflink.export.checkpoint.PyContainer.PyTuple;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The names that a checkpoint may refer to, and what they produce. Everything that a pickle can
 * call is in this class.
 */
final class PickleGlobals {
  static final String ORDERED_DICT = "collections.OrderedDict";
  static final String NAMESPACE = "argparse.Namespace";
  private static final String SIZE = "torch.Size";
  private static final String REBUILD_TENSOR_V2 = "torch._utils._rebuild_tensor_v2";
  private static final String REBUILD_TENSOR_V3 = "torch._utils._rebuild_tensor_v3";
  private static final String REBUILD_PARAMETER = "torch._utils._rebuild_parameter";
  private static final Set<String> CALLABLE =
      Set.of(
          ORDERED_DICT, NAMESPACE, SIZE, REBUILD_TENSOR_V2, REBUILD_TENSOR_V3, REBUILD_PARAMETER);

  /** An allowed name, with its element type if it is a storage or a dtype. */
  record Global(String name, Optional<DType> dtype) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** Finds the storage that a persistent id names. */
  @FunctionalInterface
  interface StorageLookup {
    TorchStorage find(DType dtype, String key, long elements) throws CheckpointException;
  }

  private final StorageLookup storages;

  PickleGlobals(StorageLookup storages) {
    this.storages = storages;
  }

  /**
   * @throws CheckpointException naming the global if tensor checkpoints do not use it
   */
  Global find(String module, String name) throws CheckpointException {
    String qualified = module + "." + name;
    if (CALLABLE.contains(qualified)) {
      return new Global(qualified, Optional.empty());
    }
    Optional<DType> dtype = Optional.empty();
    if (module.equals("torch")) {
      dtype = DType.ofTorchStorageName(name).or(() -> DType.ofTorchName(name));
    } else if (qualified.equals("torch.storage.UntypedStorage")) {
      dtype = Optional.of(DType.UINT8);
    }
    if (dtype.isEmpty()) {
      throw new CheckpointException(
          "it refers to %s, which is not data. Expected only tensors, their storages, dict, list,"
                  .formatted(printable(qualified))
              + " tuple, numbers, strings, OrderedDict and argparse.Namespace. Nothing was"
              + " executed. If you trust where the file comes from, load it in Python and save"
              + " only its state dict");
    }
    return new Global(qualified, dtype);
  }

  /** What {@code torch.save} calls a persistent id: ("storage", type, key, location, elements). */
  TorchStorage persistentLoad(Object id) throws CheckpointException {
    if (id instanceof PyTuple tuple
        && tuple.items().size() == 5
        && "storage".equals(tuple.items().get(0))
        && tuple.items().get(1) instanceof Global type
        && type.dtype().isPresent()
        && tuple.items().get(2) instanceof String key
        && tuple.items().get(4) instanceof Long elements) {
      return storages.find(type.dtype().get(), key, elements);
    }
    throw new CheckpointException(
        "a persistent id is not of the form ('storage', type, key, location, elements)");
  }

  /** Produces what Python's {@code global(*arguments)} would. */
  Object call(Global global, List<Object> arguments) throws CheckpointException {
    return switch (global.name()) {
      case ORDERED_DICT -> orderedDict(arguments);
      case NAMESPACE -> namespace(arguments);
      case SIZE -> argument(global, arguments, 0, PyTuple.class);
      case REBUILD_TENSOR_V2 -> tensor(global, arguments, Optional.empty());
      case REBUILD_TENSOR_V3 -> {
        Global dtype = argument(global, arguments, 6, Global.class);
        yield tensor(global, arguments, dtype.dtype());
      }
      case REBUILD_PARAMETER -> argument(global, arguments, 0, Tensor.class);
      default -> throw new CheckpointException("%s is not called".formatted(global));
    };
  }

  private static PyDict orderedDict(List<Object> arguments) throws CheckpointException {
    PyDict dict = new PyDict(ORDERED_DICT);
    if (arguments.isEmpty()) {
      return dict;
    }
    if (arguments.size() == 1 && arguments.get(0) instanceof PyList pairs) {
      for (Object pair : pairs.items()) {
        List<Object> items =
            pair instanceof PyTuple tuple
                ? tuple.items()
                : pair instanceof PyList list ? list.items() : List.of();
        if (items.size() != 2) {
          throw new CheckpointException("OrderedDict is made of something that is not pairs");
        }
        dict.put(items.get(0), items.get(1));
      }
      return dict;
    }
    throw new CheckpointException("OrderedDict is made of something that is not pairs");
  }

  private static PyDict namespace(List<Object> arguments) throws CheckpointException {
    if (!arguments.isEmpty()) {
      throw new CheckpointException("argparse.Namespace is made with positional arguments");
    }
    return new PyDict(NAMESPACE);
  }

  /** (storage, offset, size, stride, requires_grad, backward_hooks, …), offsets in elements. */
  private static Tensor tensor(Global global, List<Object> arguments, Optional<DType> dtype)
      throws CheckpointException {
    TorchStorage storage = argument(global, arguments, 0, TorchStorage.class);
    long offset = argument(global, arguments, 1, Long.class);
    long[] shape = longs(argument(global, arguments, 2, PyTuple.class));
    long[] strides = longs(argument(global, arguments, 3, PyTuple.class));
    return storage.tensor(dtype.orElse(storage.dtype()), offset, shape, strides);
  }

  private static <T> T argument(Global global, List<Object> arguments, int index, Class<T> type)
      throws CheckpointException {
    Object argument = index < arguments.size() ? arguments.get(index) : null;
    if (!type.isInstance(argument)) {
      throw new CheckpointException(
          "argument %d of %s is a %s, not a %s"
              .formatted(index, global, PyContainer.typeOf(argument), type.getSimpleName()));
    }
    return type.cast(argument);
  }

  private static long[] longs(PyTuple tuple) throws CheckpointException {
    long[] values = new long[tuple.items().size()];
    for (int i = 0; i < values.length; i++) {
      if (!(tuple.items().get(i) instanceof Long value) || value < 0) {
        throw new CheckpointException(
            "a tensor's size or stride has an entry that is not a natural number");
      }
      values[i] = value;
    }
    return values;
  }

  private static String printable(String name) {
    String oneLine = name.replaceAll("\\p{Cntrl}", "?");
    return oneLine.length() <= 200 ? oneLine : oneLine.substring(0, 200) + "…";
  }
}
