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

  /** What is wrong with the arguments of the streaming job; empty if all is well. */
  public static List<String> violations(Map<String, String> settings) {
    return GENERATE.violations(settings);
  }

  /** Arguments as settings; the job's own parser refuses what is no option. */
  public static Map<String, String> parse(List<String> arguments) {
    return JobArguments.parse(arguments.toArray(String[]::new)).toMap();
  }

  /** The topics that the job reads and writes by default. */
  public static Set<String> topics() {
    return Set.of(
        GenerateOptions.REQUESTS_TOPIC.defaultValue(),
        GenerateOptions.IMAGES_TOPIC.defaultValue(),
        GenerateOptions.PROGRESS_TOPIC.defaultValue(),
        GenerateOptions.REJECTED_TOPIC.defaultValue());
  }

  /** The consumer group by default. */
  public static String consumerGroup() {
    return GenerateOptions.GROUP_ID.defaultValue();
  }

  /** The start of the transactional ids by default. */
  public static String transactionPrefix() {
    return GenerateOptions.TRANSACTION_PREFIX.defaultValue();
  }
}
