package io.digflink.operators;

import com.sun.jna.NativeLibrary;

/**
 * ONNX Runtime's reports of usage. Version 1.29 looks up its vendor's host, reads the machine's id
 * and writes files into the home and temporary directories as soon as it creates its environment.
 * Only an environment variable prevents that: its own API for it comes after the fact. Java cannot
 * set one, so the C library does.
 */
final class Telemetry {
  private static final String VARIABLE = "ORT_DISABLE_TELEMETRY";

  private Telemetry() {}

  /**
   * Switches telemetry off for this process, whoever started it.
   *
   * @throws IllegalStateException if that is impossible
   */
  static void switchOff() {
    if ("1".equals(System.getenv(VARIABLE))) {
      return;
    }
    try {
      // JNA's own library goes where ONNX Runtime's goes, not into the user's cache.
      setIfAbsent("jna.tmpdir", System.getProperty("java.io.tmpdir"));
      setIfAbsent("jna.nosys", "true");
      Object[] arguments = {VARIABLE, "1", 1};
      int status = NativeLibrary.getInstance("c").getFunction("setenv").invokeInt(arguments);
      if (status != 0) {
        throw new IllegalStateException("setenv returned " + status);
      }
    } catch (RuntimeException | LinkageError e) {
      throw new IllegalStateException(
          "ONNX Runtime would report its usage to its vendor, and this process cannot switch that"
              + " off itself ("
              + e
              + "). Start it with "
              + VARIABLE
              + "=1 in its environment.",
          e);
    }
  }

  private static void setIfAbsent(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
