package io.digflink.export.graph;

import static io.digflink.export.graph.Attributes.integer;
import static io.digflink.export.graph.Attributes.integers;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Recurrences. */
public final class Scan {
  private Scan() {}

  /** What one step of a scan computes. */
  @FunctionalInterface
  public interface Step {
    /**
     * Adds the nodes of a step; they may use values from around the scan.
     *
     * @param state that of the step before
     * @param rows the sequences' rows of this step
     * @return the next state, and the row of the output
     */
    List<Value> apply(Scope scope, Value state, List<Value> rows);
  }

  /**
   * A recurrence along axis 1 of [N, T, …].
   *
   * @param start the first state
   * @param backward whether it starts at the end; the output lies in the order of the input
   * @return the rows of the output, [N, T, …]
   */
  public static Value along(
      Scope scope, Value start, List<Value> sequences, boolean backward, Step step) {
    Subgraph body = new Subgraph(scope.path() + "/Scan");
    Value state = body.input("state", start.type());
    List<Value> rows = new ArrayList<>();
    for (int i = 0; i < sequences.size(); i++) {
      rows.add(body.input("row" + i, sequences.get(i).type()));
    }
    List<Value> results = step.apply(body.scope(), state, rows);
    long direction = backward ? 1 : 0;
    List<Value> inputs = new ArrayList<>(List.of(start));
    inputs.addAll(sequences);
    return scope
        .node(
            Domain.ONNX,
            "Scan",
            "",
            List.of(start.type(), results.get(1).type()),
            inputs,
            List.of(
                Attributes.graph("body", body.toProto(results)),
                integer("num_scan_inputs", sequences.size()),
                integers("scan_input_axes", ofAll(sequences, 1)),
                integers("scan_input_directions", ofAll(sequences, direction)),
                integers("scan_output_axes", 1),
                integers("scan_output_directions", direction)))
        .get(1);
  }

  private static long[] ofAll(List<Value> sequences, long value) {
    return Collections.nCopies(sequences.size(), value).stream()
        .mapToLong(Long::longValue)
        .toArray();
  }
}
