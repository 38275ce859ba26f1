package io.digflink.export.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A Python container as data. It knows how deeply it is nested, so a bomb of containers within
 * containers is stopped while it is being built. It has no {@code equals}, {@code hashCode} or
 * {@code toString} over its items: those would not end on a cycle.
 */
abstract sealed class PyContainer {
  /** Checkpoints nest about five deep. */
  static final int MAX_DEPTH = 64;

  private int depth = 1;

  /** Records that this container now holds {@code item}. */
  final void holds(Object item) throws CheckpointException {
    if (item instanceof PyContainer container) {
      depth = Math.max(depth, container.depth + 1);
      if (depth > MAX_DEPTH) {
        throw new CheckpointException(
            "containers are nested more than %d deep, which no checkpoint is".formatted(MAX_DEPTH));
      }
    }
  }

  /** What Python calls this type. */
  abstract String pythonType();

  static final class PyTuple extends PyContainer {
    private final List<Object> items;

    PyTuple(Object... items) throws CheckpointException {
      this.items = Collections.unmodifiableList(Arrays.asList(items));
      for (Object item : items) {
        holds(item);
      }
    }

    List<Object> items() {
      return items;
    }

    @Override
    String pythonType() {
      return "tuple";
    }
  }

  static final class PyList extends PyContainer {
    private final List<Object> items = new ArrayList<>(0);

    void add(Object item) throws CheckpointException {
      holds(item);
      items.add(item);
    }

    List<Object> items() {
      return Collections.unmodifiableList(items);
    }

    @Override
    String pythonType() {
      return "list";
    }
  }

  /** A dict, an OrderedDict, or a Namespace, whose items are its attributes. */
  static final class PyDict extends PyContainer {
    private final String pythonType;
    private final Map<Object, Object> items = new LinkedHashMap<>(0);

    PyDict(String pythonType) {
      this.pythonType = pythonType;
    }

    /**
     * Strings, numbers and None are keys by value. Others, such as tuples, are keys by identity:
     * nobody looks them up, and their items need no hashing.
     */
    void put(Object key, Object value) throws CheckpointException {
      holds(value);
      items.put(key, value);
    }

    void putAll(PyDict other) throws CheckpointException {
      for (Map.Entry<Object, Object> item : other.items.entrySet()) {
        put(item.getKey(), item.getValue());
      }
    }

    Map<Object, Object> items() {
      return Collections.unmodifiableMap(items);
    }

    @Override
    String pythonType() {
      return pythonType;
    }
  }

  /**
   * Stands for an object of a class that is not read: nothing of the class is known here, nothing
   * is called, and what the object was made of is dropped. Its attributes stay, as data.
   */
  static final class PyObject extends PyContainer {
    private final String pythonType;
    private final PyDict attributes = new PyDict("dict");

    PyObject(String pythonType) {
      this.pythonType = pythonType;
    }

    PyDict attributes() {
      return attributes;
    }

    @Override
    String pythonType() {
      return pythonType;
    }
  }

  /** What Python would call the type of an unpickled value, for messages. */
  static String typeOf(Object value) {
    if (value == null) {
      return "None";
    } else if (value instanceof PyContainer container) {
      return container.pythonType();
    } else if (value instanceof String) {
      return "str";
    } else if (value instanceof Boolean) {
      return "bool";
    } else if (value instanceof Double) {
      return "float";
    } else if (value instanceof Number) {
      return "int";
    } else if (value instanceof Tensor) {
      return "tensor";
    }
    return value.toString();
  }
}
