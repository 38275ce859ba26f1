package io.digflink.export.graph;

/**
 * A typed reference to the result of a node, an input or a weight.
 *
 * @param name unique in its graph
 * @param type element type
 */
public record Value(String name, ElementType type) {
  /** Marks an optional input that is left out. */
  public static final Value ABSENT = new Value("", null);
}
