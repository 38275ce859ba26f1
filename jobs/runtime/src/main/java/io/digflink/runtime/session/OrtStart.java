package io.digflink.runtime.session;

import ai.onnxruntime.OrtEnvironment;

/**
 * Starts ONNX Runtime. Version 1.29 matches the whole command line of the process with a recursive
 * regular expression while it makes its environment: some 4,000 characters, a usual Java class
 * path, overflow the stack of a usual Java thread and end the process without a word.
 */
final class OrtStart {
  // A command line has at most 2 MiB on Linux, of which a character takes under 300 bytes of stack;
  // what is not touched costs no memory.
  private static final long STACK_BYTES = 1L << 30;

  private OrtStart() {}

  /** Makes the environment of this JVM on a thread whose stack is deep enough, and waits for it. */
  static void onDeepStack() {
    Thread thread =
        new Thread(null, OrtEnvironment::getEnvironment, "ONNX Runtime start", STACK_BYTES);
    thread.start();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
