package io.digflink.operators;

import ai.onnxruntime.OrtEnvironment;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Starts ONNX Runtime. Everything that opens a session gets the environment from here, and not from
 * {@link OrtEnvironment#getEnvironment}: telemetry is then off, and the start does not overflow the
 * stack.
 */
public final class OnnxRuntime {
  /**
   * While it creates its environment, version 1.29 matches the whole command line of the process
   * with a recursive regular expression. Some 4,000 characters, an ordinary Java class path,
   * overflow the stack of an ordinary Java thread and end the process without a word. On Linux a
   * command line has at most 2 MiB, and each character takes less than 300 bytes of stack; stack
   * that is not touched costs no memory.
   */
  private static final long STACK_BYTES = 1L << 30;

  private static OrtEnvironment environment;

  private OnnxRuntime() {}

  /**
   * The environment of this JVM, created on the first call.
   *
   * @throws IllegalStateException if its telemetry cannot be switched off, or if it does not start
   */
  public static synchronized OrtEnvironment environment() {
    if (environment == null) {
      Telemetry.switchOff();
      environment = createOnDeepStack();
    }
    return environment;
  }

  private static OrtEnvironment createOnDeepStack() {
    FutureTask<OrtEnvironment> creation = new FutureTask<>(OrtEnvironment::getEnvironment);
    new Thread(null, creation, "ONNX Runtime start", STACK_BYTES).start();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return creation.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("ONNX Runtime does not start: " + e.getCause(), e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
