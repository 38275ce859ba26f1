package io.digflink.runtime.session;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Runs a graph with one output into a tensor that the caller provides. */
final class GraphRun {
  private GraphRun() {}

  /**
   * Runs a session once.
   *
   * @throws OutOfDeviceMemoryException if the device has too little memory for this batch
   * @throws SessionException if the run fails for another reason
   */
  static void run(
      OrtSession session, Map<String, OnnxTensor> inputs, String outputName, OnnxTensor output)
      throws SessionException {
    try {
      // The result holds nothing of its own: the output is the caller's.
      session.run(inputs, Set.of(), Map.of(outputName, output)).close();
    } catch (OrtException e) {
      throw translate(e);
    }
  }

  static SessionException translate(OrtException e) {
    String message = String.valueOf(e.getMessage());
    if (isOutOfMemory(message)) {
      return new OutOfDeviceMemoryException("Out of memory in a run: " + message, e);
    }
    return new SessionException("The run failed: " + message, e);
  }

  private static boolean isOutOfMemory(String message) {
    String lower = message.toLowerCase(Locale.ROOT);
    return lower.contains("failed to allocate memory")
        || lower.contains("out of memory")
        || lower.contains("bad allocation")
        || lower.contains("bad_alloc")
        || lower.contains("alloc_failed");
  }
}
