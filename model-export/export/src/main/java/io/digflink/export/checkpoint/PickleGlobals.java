package io.digflink.export.checkpoint;

import io.digflink.export.checkpoint.PyContainer.PyDict;
import io.digflink.export.checkpoint.PyContainer.PyList;
import io.digflink.export.checkpoint.PyContainer.PyObject;
import io.digflink.export.checkpoint.PyContainer.PyTuple;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The names that a checkpoint may refer to, and what they produce. Everything that a pickle can
 * call is in this class: what makes tensors, dicts and namespaces. Every other class yields an
 * inert placeholder, except those that {@link ForbiddenNames} refuses.
 */
final class PickleGlobals {
  private static final String ORDERED_DICT = "collections.OrderedDict";
  private static final String DEFAULT_DICT = "collections.defaultdict";
  private static final String NAMESPACE = "argparse.Namespace";
  private static final String SIMPLE_NAMESPACE = "types.SimpleNamespace";
  private static final String SIZE = "torch.Size";
  private static final String REBUILD_TENSOR_V2 = "torch._utils._rebuild_tensor_v2";
  private static final String REBUILD_TENSOR_V3 = "torch._utils._rebuild_tensor_v3";
  private static final String REBUILD_PARAMETER = "torch._utils._rebuild_parameter";
  private static final String REBUILD_PARAMETER_WITH_STATE =
      "torch._utils._rebuild_parameter_with_state";
  private static final String REBUILD_FROM_TYPE = "torch._tensor._rebuild_from_type_v2";
  private static final Set<String> RECONSTRUCTORS =
      Set.of(
          "copyreg._reconstructor",
          "copy_reg._reconstructor",
          "numpy.core.multiarray._reconstruct",
          "numpy._core.multiarray._reconstruct");

  /** How Python 3.11 writes the member of an enumeration: the attribute of a class. */
  private static final Set<String> ATTRIBUTES = Set.of("builtins.getattr", "__builtin__.getattr");

  private static final Set<String> CALLABLE =
      Set.of(
          ORDERED_DICT,
          DEFAULT_DICT,
          NAMESPACE,
          SIMPLE_NAMESPACE,
          SIZE,
          REBUILD_TENSOR_V2,
          REBUILD_TENSOR_V3,
          REBUILD_PARAMETER,
          REBUILD_PARAMETER_WITH_STATE,
          REBUILD_FROM_TYPE);

  /** Types of dicts whose items are attributes. */
  static final Set<String> NAMESPACES = Set.of(NAMESPACE, SIMPLE_NAMESPACE);

  /** A name, with its element type if it is a storage or a dtype. */
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
   * @throws CheckpointException naming the global if it is none of a checkpoint's
   */
  Global find(String module, String name) throws CheckpointException {
    String qualified = module + "." + name;
    if (CALLABLE.contains(qualified) || ATTRIBUTES.contains(qualified)) {
      return new Global(qualified, Optional.empty());
    }
    Optional<DType> dtype = Optional.empty();
    if (module.equals("torch")) {
      dtype = DType.ofTorchStorageName(name).or(() -> DType.ofTorchName(name));
    } else if (qualified.equals("torch.storage.UntypedStorage")) {
      dtype = Optional.of(DType.UINT8);
    }
    if (dtype.isEmpty()) {
      ForbiddenNames.check(module, name);
    }
    return new Global(qualified, dtype);
  }

  /** What {@code torch.save} calls a persistent id: ("storage", type, key, location, elements). */
  Object persistentLoad(Object id) throws CheckpointException {
    if (id instanceof PyTuple tuple
        && tuple.items().size() == 5
        && "storage".equals(tuple.items().get(0))
        && tuple.items().get(1) instanceof Global type
        && tuple.items().get(2) instanceof String key
        && tuple.items().get(4) instanceof Long elements) {
      return type.dtype().isPresent()
          ? storages.find(type.dtype().get(), key, elements)
          : new PyObject(type.name()); // complex or quantized elements: never weights
    }
    throw new CheckpointException(
        "a persistent id is not of the form ('storage', type, key, location, elements)");
  }

  /** Produces what Python's {@code global(*arguments)} would, or a placeholder for it. */
  Object call(Global global, List<Object> arguments) throws CheckpointException {
    return switch (global.name()) {
      case ORDERED_DICT -> orderedDict(arguments);
      case DEFAULT_DICT -> new PyDict(DEFAULT_DICT);
      case NAMESPACE, SIMPLE_NAMESPACE -> namespace(global, arguments);
      case SIZE -> argument(global, arguments, 0, PyTuple.class);
      case REBUILD_TENSOR_V2 -> tensor(global, arguments, Optional.empty());
      case REBUILD_TENSOR_V3 -> {
        Object dtype = arguments.size() > 6 ? arguments.get(6) : null;
        boolean known = dtype instanceof Global type && type.dtype().isPresent();
        yield known
            ? tensor(global, arguments, ((Global) dtype).dtype())
            : new PyObject("torch.Tensor of " + PyContainer.typeOf(dtype));
      }
      case REBUILD_PARAMETER, REBUILD_PARAMETER_WITH_STATE -> parameter(global, arguments);
      case REBUILD_FROM_TYPE ->
          // (function, type, arguments, state): a subclass of Tensor, or one with attributes
          call(
              argument(global, arguments, 0, Global.class),
              argument(global, arguments, 2, PyTuple.class).items());
      default -> placeholder(global, arguments);
    };
  }

  private static Object parameter(Global global, List<Object> arguments)
      throws CheckpointException {
    boolean unread = !arguments.isEmpty() && arguments.get(0) instanceof PyObject;
    return unread ? arguments.get(0) : argument(global, arguments, 0, Tensor.class);
  }

  private static PyObject placeholder(Global global, List<Object> arguments)
      throws CheckpointException {
    if (global.dtype().isPresent()) {
      throw new CheckpointException("%s is not called".formatted(global));
    }
    if (ATTRIBUTES.contains(global.name())) {
      return member(global, arguments);
    }
    boolean ofFirst =
        RECONSTRUCTORS.contains(global.name())
            && !arguments.isEmpty()
            && arguments.get(0) instanceof Global;
    return new PyObject(ofFirst ? arguments.get(0).toString() : global.name());
  }

  private static PyObject member(Global global, List<Object> arguments) throws CheckpointException {
    if (arguments.size() == 2
        && arguments.get(0) instanceof Global enumeration
        && arguments.get(1) instanceof String name
        && name.matches("\\p{L}\\w*")) {
      return new PyObject(enumeration.name());
    }
    throw ForbiddenNames.refusal(global.name());
  }

  /** Refuses the old way to write an instance. */
  static CheckpointException refusedInstance(Global global) {
    return ATTRIBUTES.contains(global.name())
        ? ForbiddenNames.refusal(global.name())
        : new CheckpointException(
            "torch.save does not write instances of %s this way".formatted(global));
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

  private static PyDict namespace(Global global, List<Object> arguments)
      throws CheckpointException {
    if (!arguments.isEmpty()) {
      throw new CheckpointException("%s is made with positional arguments".formatted(global));
    }
    return new PyDict(global.name());
  }

  /** (storage, offset, size, stride, requires_grad, backward_hooks, …), offsets in elements. */
  private static Object tensor(Global global, List<Object> arguments, Optional<DType> dtype)
      throws CheckpointException {
    if (!arguments.isEmpty() && arguments.get(0) instanceof PyObject unread) {
      return new PyObject("torch.Tensor of " + unread.pythonType());
    }
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
}
