package io.digflink.export.graph;

/**
 * A typed reference to what a node, an input or a weight gives.
 *
 * @param name unique in its graph
 * @param type element type
 */
public record Value(String name, ElementType type) {
  /** Stands for an optional input that is left out. */
  public static final Value ABSENT = new Value("", null);
}
