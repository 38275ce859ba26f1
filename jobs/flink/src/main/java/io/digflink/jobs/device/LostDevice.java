package io.digflink.jobs.device;

import java.util.Locale;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process when its device can no longer be used, so that Flink starts the job in another
 * one: a CUDA context that has seen such an error fails every call from then on, and a run that
 * hangs cannot be cut short.
 */
final class LostDevice {
  /** Exit status, EX_UNAVAILABLE of sysexits.h. */
  static final int STATUS = 69;

  private static final Logger LOG = LoggerFactory.getLogger(LostDevice.class);

  /**
   * Errors that stay, by the numbers and names of CUDA's runtime API: ECC error, illegal address,
   * timeout, assertion, stack error, illegal instruction, misaligned or invalid address, invalid
   * program counter, launch failure.
   */
  private static final Pattern STICKY =
      Pattern.compile(
          "cuda (failure|error)\\s*:?\\s*(214|700|702|710|71[4-9])\\b"
              + "|cudaerror(eccuncorrectable|illegaladdress|launchtimeout|assert|hardwarestackerror"
              + "|illegalinstruction|misalignedaddress|invalidaddressspace|invalidpc|launchfailure)");

  private LostDevice() {}

  /** Whether a failed run leaves a device that cannot be used. */
  static boolean isLost(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause.getMessage() != null
          && STICKY.matcher(cause.getMessage().toLowerCase(Locale.ROOT)).find()) {
        return true;
      }
    }
    return false;
  }

  /** Ends this process at once: neither its threads nor its native code can be trusted. */
  static void endProcess(String why) {
    LOG.error("{}: this process ends, and Flink starts the job in another one", why);
    System.err.println("dig-flink: " + why + ": the process ends");
    System.err.flush();
    Runtime.getRuntime().halt(STATUS);
  }
}
