package io.digflink.runtime.session;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import io.digflink.operators.OnnxRuntime;
import io.digflink.operators.OperatorLibrary;
import io.digflink.operators.OperatorLibrary.Kernels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * What tells sessions apart.
 *
 * @param file identity of the ONNX file: another file may take its place under the same name, and
 *     the same file may have several names
 * @param device where the session is
 * @param threads that one run may use on the CPU
 */
record SessionKey(String file, Device device, int threads) {
  /**
   * ONNX Runtime 1.29 looks whether it knows the domain of the operators and then adds it: two
   * sessions at a time may both add it, and one fails.
   */
  private static final Object ONE_AT_A_TIME = new Object();

  /**
   * Flash attention where it can, else the plain one, on every GPU. ONNX Runtime's memory-efficient
   * one, its choice for the decoder, prepares its kernel on the first GPU of a process only.
   */
  private static final String ATTENTIONS = "17";

  static SessionKey of(Path graph, Device device, int threads) {
    return new SessionKey(identity(graph), device, threads);
  }

  private static String identity(Path graph) {
    try {
      BasicFileAttributes file = Files.readAttributes(graph, BasicFileAttributes.class);
      return file.fileKey() + " " + file.lastModifiedTime() + " " + file.size();
    } catch (IOException e) {
      return graph.toString();
    }
  }

  /**
   * Opens a session.
   *
   * @param graph the file
   * @param limit most bytes of its arena on a GPU; 0: any
   */
  OrtSession open(Path graph, long limit) throws SessionException {
    if (!identity(graph).equals(file)) {
      throw new SessionException(
          "No session of "
              + graph
              + " on "
              + device
              + ": the file was replaced or removed since its bundle was verified");
    }
    OrtEnvironment environment = OnnxRuntime.environment();
    try (SessionOptions options = new SessionOptions()) {
      options.setOptimizationLevel(OptLevel.ALL_OPT);
      if (threads > 0) {
        options.setIntraOpNumThreads(threads);
      }
      // The threads of an idle session would spin, for some 30 ms, on the cores that a run of
      // another one is using.
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      boolean cuda = device.isCuda();
      if (cuda) {
        addCuda(options, limit);
        // ONNX Runtime warns that arithmetic on shapes stays on the CPU, where it belongs.
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      }
      OperatorLibrary.register(options, cuda ? Kernels.CUDA : Kernels.CPU);
      synchronized (ONE_AT_A_TIME) {
        return environment.createSession(graph.toString(), options);
      }
    } catch (OrtException e) {
      throw new SessionException(
          "No session of " + graph + " on " + device + ": " + e.getMessage(), e);
    }
  }

  private void addCuda(SessionOptions options, long limit) throws OrtException {
    try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(device.index())) {
      // The default tries every algorithm of every convolution at each new batch size: seconds.
      cuda.add("cudnn_conv_algo_search", "HEURISTIC");
      // Channels side by side, in which the tensor cores' convolutions are a quarter faster.
      cuda.add("prefer_nhwc", "1");
      cuda.add("sdpa_kernel", ATTENTIONS);
      if (limit > 0) {
        cuda.add("gpu_mem_limit", Long.toString(limit));
        // The arena otherwise grows to the next power of two, beyond what is needed.
        cuda.add("arena_extend_strategy", "kSameAsRequested");
      }
      options.addCUDA(cuda);
    }
  }
}
