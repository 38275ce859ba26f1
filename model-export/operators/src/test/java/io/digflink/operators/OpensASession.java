package io.digflink.operators;

import ai.onnx.proto.OnnxMl;
import ai.onnxruntime.OrtSession;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A program that opens a session. Tests start it in a JVM of its own. */
final class OpensASession {
  private OpensASession() {}

  public static void main(String[] args) throws Exception {
    OnnxMl.ValueInfoProto.Builder value =
        OnnxMl.ValueInfoProto.newBuilder()
            .setName("x")
            .setType(
                OnnxMl.TypeProto.newBuilder()
                    .setTensorType(OnnxMl.TypeProto.Tensor.newBuilder().setElemType(1)));
    OnnxMl.ModelProto model =
        OnnxMl.ModelProto.newBuilder()
            .setIrVersion(8)
            .addOpsetImport(OnnxMl.OperatorSetIdProto.newBuilder().setVersion(17))
            .setGraph(
                OnnxMl.GraphProto.newBuilder()
                    .setName("identity")
                    .addInput(value)
                    .addNode(
                        OnnxMl.NodeProto.newBuilder()
                            .setOpType("Identity")
                            .addInput("x")
                            .addOutput("y"))
                    .addOutput(value.setName("y")))
            .build();
    // Options load the native library before there is an environment, as callers may do.
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        OrtSession session =
            OnnxRuntime.environment().createSession(model.toByteArray(), options)) {
      System.out.println("session with inputs " + session.getInputNames());
    }
  }

  /** Its process, with a home and a temporary directory and without the variable. */
  static Process start(Path home, Path temporary, Path output, String... jvmArguments)
      throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Duser.home=" + home,
                "-Djava.io.tmpdir=" + temporary));
    command.addAll(List.of(jvmArguments));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), OpensASession.class.getName()));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    Map<String, String> environment = builder.environment();
    environment.remove("ORT_DISABLE_TELEMETRY");
    environment.remove("XDG_CACHE_HOME");
    environment.put("HOME", home.toString());
    environment.put("TMPDIR", temporary.toString());
    return builder.start();
  }
}
