package io.digflink.cli;

import io.digflink.cli.client.CancellationSender;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.kafka.KafkaAccess;
import java.io.PrintWriter;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cancel}: cancels requests. */
@Command(
    name = "cancel",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Cancel requests: what is not made yet is dropped, images that are out stay. It does no harm"
            + " to a request that has ended.")
public final class CancelCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "ID", arity = "1..*", description = "Ids of the requests.")
  private List<String> ids;

  @Mixin private KafkaOptions kafka;

  @Option(
      names = "--topic",
      paramLabel = "TOPIC",
      description = "Topic of the cancellations (default: dig.cancellations).")
  private String topic = GenerateOptions.CANCELLATIONS_TOPIC.defaultValue();

  @Override
  public Integer call() throws Exception {
    if (ids.contains("")) {
      throw new ParameterException(
          spec.commandLine(), "Expected the ids of requests, found an empty one");
    }
    Properties client = kafka.client();
    KafkaAccess.check(client, List.of(topic));
    PrintWriter out = spec.commandLine().getOut();
    try (CancellationSender sender = new CancellationSender(client, topic)) {
      for (String id : ids) {
        sender.cancel(id);
        out.println("Cancelled " + id + ", unless it has ended");
        out.flush();
      }
    }
    return 0;
  }
}
