package io.digflink.lab.bench;

import io.digflink.cli.ModelDirectory;
import io.digflink.cli.PositiveNumber;
import io.digflink.jobs.admit.Limits;
import io.digflink.jobs.generate.Stages;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.JsonCodec;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.schemas.codec.WireFormat;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench admit}: requests that one core admits. */
@Command(
    name = "admit",
    mixinStandardHelpOptions = true,
    description = {
      "Requests per second that Admit takes on one core, by format.",
      "It runs alone, in a job of one thread, on requests of one label with an id of their own."
    })
final class AdmitBench implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--requests",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Requests of each format (default: ${DEFAULT-VALUE}).")
  private int requests = 1_000_000;

  @Mixin private ModelDirectory models;
  @Mixin private JsonFile json;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Path directory = models.resolve(out::println);
    String model = ModelCatalog.open(directory).names().iterator().next();
    Map<String, Double> figures = new LinkedHashMap<>();
    for (WireFormat format : List.of(WireFormat.SINGLE_OBJECT, WireFormat.JSON)) {
      seconds(format, directory, model, Math.max(1, requests / 10)); // warms up
      double perSecond = requests / seconds(format, directory, model, requests);
      figures.put(format.toString(), perSecond);
      out.printf(Locale.ROOT, "%-16s%,12.0f requests/s%n", format, perSecond);
      out.flush();
    }
    json.write(figures);
    return 0;
  }

  private static double seconds(WireFormat format, Path directory, String model, int count)
      throws Exception {
    Configuration configuration = new Configuration();
    configuration.set(PipelineOptions.OBJECT_REUSE, true);
    configuration.set(PipelineOptions.GENERIC_TYPES, false);
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
    byte[][] values = new byte[1_000][];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(format, model, i);
    }
    DataStream<IncomingRecord> records =
        environment
            .fromSequence(0, count - 1)
            .map(i -> record(values, i))
            .returns(TypeInformation.of(IncomingRecord.class));
    Limits limits = new Limits(1 << 20, 256, 1_000, 1_000, 100, 1 << 22);
    Stages.admit(records, new ModelSettings(directory.toString(), "cpu", 1), limits, null)
        .sinkTo(new DiscardingSink<>());
    JobExecutionResult result = environment.execute();
    return result.getNetRuntime(TimeUnit.MILLISECONDS) / 1e3;
  }

  private static IncomingRecord record(byte[][] values, long i) {
    return IncomingRecord.of(values[(int) (i % values.length)], "requests-0@" + i, 0);
  }

  private static byte[] value(WireFormat format, String model, int i) {
    GenerationRequest request =
        GenerationRequest.newBuilder()
            .setRequestId("request-" + i)
            .setModel(model)
            .setSeed(i)
            .setSampler("dpm++")
            .setSteps(20)
            .build();
    return format == WireFormat.JSON
        ? JsonCodec.of(GenerationRequest.class).encode(request)
        : RecordCodec.of(GenerationRequest.class).encode(request);
  }
}
