package io.digflink.lab.cluster;

import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.util.config.memory.ProcessMemoryUtils;

/**
 * A TaskManager's memory in parts, which Flink's scripts, or Flink itself on Kubernetes, work out
 * before they start the process.
 */
public final class TaskManagerMemory {
  private final TaskExecutorProcessSpec spec;

  /** The memory that a configuration gives. */
  public TaskManagerMemory(Map<String, String> configuration) {
    this.spec =
        TaskExecutorProcessUtils.processSpecFromConfig(Configuration.fromMap(configuration));
  }

  /** Arguments of the TaskManager: every part as a setting. */
  public List<String> settings() {
    return words(TaskExecutorProcessUtils.generateDynamicConfigsStr(spec));
  }

  /** Arguments of its JVM: heap, direct memory and metaspace. */
  List<String> jvmArguments() {
    return words(ProcessMemoryUtils.generateJvmParametersStr(spec));
  }

  private static List<String> words(String text) {
    return List.of(text.strip().split("\\s+"));
  }
}
