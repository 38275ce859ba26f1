package io.digflink.export.checkpoint;

import io.digflink.export.checkpoint.PyContainer.PyDict;
import io.digflink.export.checkpoint.PyContainer.PyList;
import io.digflink.export.checkpoint.PyContainer.PyObject;
import io.digflink.export.checkpoint.PyContainer.PyTuple;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns the pickled arguments of a training script into maps, lists, strings and numbers. Pickled
 * containers may share items or contain themselves: the number of values visited is bounded.
 */
final class PlainValues {
  private static final int MAX_VALUES = 10_000;

  private final String label;
  private int depth;
  private int visited;

  PlainValues(String label) {
    this.label = label;
  }

  /** The arguments of a training script; empty if they are no mapping and have no attributes. */
  Map<String, Object> arguments(Object args) throws CheckpointException {
    if (args instanceof PyDict dict) {
      return map(dict);
    } else if (args instanceof PyObject object) {
      Object content = configured(object);
      return content instanceof PyDict dict ? map(dict) : map(object.attributes());
    }
    return Map.of();
  }

  /** What a node of an OmegaConf configuration holds, or the object itself. */
  private static Object configured(PyObject object) {
    if (object.pythonType().startsWith("omegaconf.")) {
      Map<Object, Object> attributes = object.attributes().items();
      return attributes.containsKey("_content")
          ? attributes.get("_content")
          : attributes.get("_val");
    }
    return object;
  }

  private Map<String, Object> map(PyDict dict) throws CheckpointException {
    enter();
    Map<String, Object> map = new LinkedHashMap<>();
    for (Map.Entry<Object, Object> item : dict.items().entrySet()) {
      if (item.getKey() instanceof String
          || item.getKey() instanceof Number
          || item.getKey() instanceof Boolean) {
        map.put(item.getKey().toString(), plain(item.getValue()));
      }
    }
    depth--;
    return map;
  }

  private List<Object> list(Collection<Object> items) throws CheckpointException {
    enter();
    List<Object> list = new ArrayList<>();
    for (Object item : items) {
      list.add(plain(item));
    }
    depth--;
    return list;
  }

  private Object plain(Object value) throws CheckpointException {
    if (++visited > MAX_VALUES) {
      throw new CheckpointException(
          "%s: its args have more than %d values".formatted(label, MAX_VALUES));
    }
    if (value instanceof PyDict dict) {
      return map(dict);
    } else if (value instanceof PyList list) {
      return list(list.items());
    } else if (value instanceof PyTuple tuple) {
      return list(tuple.items());
    } else if (value == null
        || value instanceof Boolean
        || value instanceof Number
        || value instanceof String) {
      return value;
    }
    if (value instanceof PyObject object && configured(object) != object) {
      enter();
      Object configured = plain(configured(object));
      depth--;
      return configured;
    }
    return PyContainer.typeOf(value);
  }

  private void enter() throws CheckpointException {
    if (++depth > PyContainer.MAX_DEPTH) {
      throw new CheckpointException(
          "%s: its args contain themselves, or are nested more than %d deep"
              .formatted(label, PyContainer.MAX_DEPTH));
    }
  }
}
