package io.digflink.operators;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which kernels ran, by ONNX Runtime's profile. Results alone do not say: where an operator has no
 * kernel, ONNX Runtime runs its function body, which gives the same.
 */
public final class KernelProfile {
  // A line per event, whose fields have no order.
  private static final String KERNEL_EVENT = "_kernel_time\"";
  private static final Pattern OPERATOR = Pattern.compile("\"op_name\" : \"(\\w+)\"");
  private static final Pattern TYPE = Pattern.compile("\"input_type_shape\" : \\[\\{\"(\\w+)\"");

  private KernelProfile() {}

  /** Turns profiling on, for a session that is made of the options. */
  public static void enable(OrtSession.SessionOptions options, Path directory) throws OrtException {
    options.enableProfiling(directory.resolve("profile").toString());
  }

  /**
   * Ends the profile of a session.
   *
   * @return the operators whose kernels ran, each with the type of its first input, such as {@code
   *     SwiGLU float16}
   */
  public static Set<String> end(OrtSession session) throws OrtException, IOException {
    Path file = Path.of(session.endProfiling());
    Set<String> kernels = new TreeSet<>();
    for (String line : Files.readAllLines(file)) {
      Matcher operator = OPERATOR.matcher(line);
      Matcher type = TYPE.matcher(line);
      if (line.contains(KERNEL_EVENT) && operator.find() && type.find()) {
        kernels.add(operator.group(1) + " " + type.group(1));
      }
    }
    Files.delete(file);
    return kernels;
  }
}
