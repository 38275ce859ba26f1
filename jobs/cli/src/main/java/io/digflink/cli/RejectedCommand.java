package io.digflink.cli;

import io.digflink.cli.client.MendedRequests;
import io.digflink.cli.client.RecordReader;
import io.digflink.cli.client.Replay;
import io.digflink.cli.client.TopicReader;
import io.digflink.cli.client.TopicReader.Read;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.kafka.KafkaAccess;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code rejected}: lists rejects, and sends their requests again. */
@Command(
    name = "rejected",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "List rejected requests. With --replay send them again, each once however often this is"
            + " called; a request of which images were made before makes them again.")
public final class RejectedCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(200);

  @Spec private CommandSpec spec;

  @Mixin private KafkaOptions kafka;

  @Option(
      names = "--rejected-topic",
      paramLabel = "TOPIC",
      description = "Topic of rejected requests (default: dig.rejected).")
  private String rejectedTopic = GenerateOptions.REJECTED_TOPIC.defaultValue();

  @Option(
      names = "--requests-topic",
      paramLabel = "TOPIC",
      description = "Topic of the requests (default: dig.requests).")
  private String requestsTopic = GenerateOptions.REQUESTS_TOPIC.defaultValue();

  @Option(
      names = "--reason",
      paramLabel = "REASON",
      description = "Only rejects of this reason: ${COMPLETION-CANDIDATES} (default: all).")
  private RejectReason reason;

  @Option(names = "--replay", description = "Send the requests again.")
  private boolean replay;

  @Option(
      names = "--set",
      paramLabel = "FIELD=VALUE",
      description = "Give this field of each request another value first. May be repeated.")
  private Map<String, String> fields = new LinkedHashMap<>();

  @Override
  public Integer call() throws Exception {
    if (!replay && !fields.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "Expected --replay with --set, found --set alone");
    }
    MendedRequests mended =
        new MendedRequests(fields, new RecordReader<>(GenerationRequest.class, kafka.registry()));
    Properties client = kafka.client();
    KafkaAccess.check(
        client, replay ? List.of(rejectedTopic, requestsTopic) : List.of(rejectedTopic));
    List<Read<RejectedRequest>> rejects = read(client);
    if (!replay) {
      rejects.forEach(reject -> say(lineOf(reject.value())));
      return 0;
    }
    try (Replay sender = new Replay(client, requestsTopic)) {
      Replay.Outcome outcome = sender.send(rejects, mended, this::say);
      say(
          String.format(
              "%d sent, %d sent before, %d cannot be mended",
              outcome.sent(), outcome.sentBefore(), outcome.failed()));
      return outcome.failed() == 0 ? 0 : 1;
    }
  }

  private List<Read<RejectedRequest>> read(Properties client) {
    List<Read<RejectedRequest>> found = new ArrayList<>();
    RecordReader<RejectedRequest> records =
        new RecordReader<>(RejectedRequest.class, kafka.registry());
    try (TopicReader<RejectedRequest> rejects =
        TopicReader.fromStart(client, rejectedTopic, records)) {
      while (!rejects.isAtEnd()) {
        for (Read<RejectedRequest> reject : rejects.pollRecords(POLL)) {
          if (reason == null || reject.value().getReason() == reason) {
            found.add(reject);
          }
        }
      }
    }
    return found;
  }

  private static String lineOf(RejectedRequest reject) {
    return String.format(
        "%s %s %s %s: %s",
        reject.getAt(),
        reject.getSource(),
        reject.getReason(),
        reject.getRequestId(),
        reject.getMessage());
  }

  private void say(String line) {
    PrintWriter writer = spec.commandLine().getOut();
    writer.println(line);
    writer.flush();
  }
}
