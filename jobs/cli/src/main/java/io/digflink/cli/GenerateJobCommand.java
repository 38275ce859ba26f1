package io.digflink.cli;

import io.digflink.cli.embedded.EmbeddedFlink;
import io.digflink.cli.embedded.EmbeddedJob;
import io.digflink.jobs.generate.GenerateJob;
import io.digflink.jobs.generate.GenerateSettings;
import io.digflink.jobs.generate.JobArguments;
import io.digflink.jobs.generate.OptionsTable;
import io.digflink.jobs.kafka.KafkaAccess;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.Devices;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.commons.io.FileUtils;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** {@code generate-job}: runs the streaming job in this process against a Kafka. */
@Command(
    name = "generate-job",
    description = "Run the streaming job on an embedded Flink against your Kafka.")
public final class GenerateJobCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      description = "Show this help, with the job's options.")
  private boolean help;

  @Option(
      names = "--parallelism",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Number of subtasks of the job (default: the number of devices).")
  private Integer parallelism;

  @Mixin private DashboardHost host;

  @Unmatched private List<String> jobArguments = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    if (help) {
      spec.commandLine().usage(out);
      out.println();
      out.println("The job's options, here and as arguments of the job jar on a Flink cluster:");
      out.println(OptionsTable.text());
      out.flush();
      return 0;
    }
    GenerateSettings settings =
        GenerateSettings.of(JobArguments.parse(jobArguments.toArray(String[]::new)));
    String address = host.address();
    settings.models().manifests(); // fails if they are not there
    KafkaAccess.check(settings.kafka().client(), settings.topics().names());
    List<Device> devices = Devices.of(settings.models().device());
    int subtasks = parallelism == null ? devices.size() : parallelism;
    Path directory = Files.createTempDirectory("dig-flink");
    try (EmbeddedFlink flink = EmbeddedFlink.start(subtasks, directory, address)) {
      StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
      environment.setParallelism(subtasks);
      GenerateJob.build(environment, settings);
      try (EmbeddedJob job = flink.run(environment, this::warn)) {
        out.println("Devices: " + DeviceList.used(devices, subtasks));
        out.println("Dashboard: " + flink.dashboard());
        out.flush();
        job.await();
      }
    } finally {
      FileUtils.deleteDirectory(directory.toFile());
    }
    return 0;
  }

  private void warn(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(line);
    err.flush();
  }
}
