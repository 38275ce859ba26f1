package io.digflink.synthesis;

import java.io.IOException;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** The Flink cluster that makes a data set. */
public interface SynthesisCluster extends AutoCloseable {

  /** An environment to build a job on; every job needs one of its own. */
  StreamExecutionEnvironment environment();

  /** Submits the job that was built on an environment. */
  JobClient submit(StreamExecutionEnvironment environment) throws Exception;

  @Override
  void close() throws IOException;

  /** Provides the cluster, which is asked for only when images are missing. */
  @FunctionalInterface
  interface Start {
    /** Starts the cluster, or connects to it. */
    SynthesisCluster start() throws Exception;
  }
}
