package io.digflink.k8s.options;

import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.jobs.generate.JobArguments;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The arguments of the jobs, each {@code --key=value}. */
public final class JobOptions {
  private static final DeclaredOptions GENERATE = new DeclaredOptions(GenerateOptions.all());

  private JobOptions() {}

  /** What is wrong with the arguments of the streaming job; empty if nothing is. */
  public static List<String> violations(Map<String, String> settings) {
    return GENERATE.violations(settings);
  }

  /** Parses arguments with the job's own parser, which refuses unknown options. */
  public static Map<String, String> parse(List<String> arguments) {
    return JobArguments.parse(arguments.toArray(String[]::new)).toMap();
  }

  /** The default topics of the job. */
  public static Set<String> topics() {
    return Set.of(
        GenerateOptions.REQUESTS_TOPIC.defaultValue(),
        GenerateOptions.IMAGES_TOPIC.defaultValue(),
        GenerateOptions.PROGRESS_TOPIC.defaultValue(),
        GenerateOptions.REJECTED_TOPIC.defaultValue(),
        GenerateOptions.CANCELLATIONS_TOPIC.defaultValue(),
        GenerateOptions.PREVIEWS_TOPIC.defaultValue());
  }

  /** The default consumer group. */
  public static String consumerGroup() {
    return GenerateOptions.GROUP_ID.defaultValue();
  }

  /** The default prefix of transactional ids. */
  public static String transactionPrefix() {
    return GenerateOptions.TRANSACTION_PREFIX.defaultValue();
  }
}
