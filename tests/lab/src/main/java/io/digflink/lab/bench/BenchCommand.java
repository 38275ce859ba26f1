package io.digflink.lab.bench;

import io.digflink.cli.Subcommand;
import io.digflink.lab.bench.quality.QualityBench;
import io.digflink.lab.bench.queue.QueueBench;
import io.digflink.lab.load.CheckpointBench;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench NAME}: the benchmarks. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measure; every benchmark takes --json FILE.",
    subcommands = {
      AdmitBench.class,
      AuditBench.class,
      PipelineBench.class,
      SynthesizeBench.class,
      BatchingBench.class,
      CheckpointBench.class,
      DenoiserBench.class,
      DevicesBench.class,
      DecoderBench.class,
      FusionBench.class,
      HeadlineBench.class,
      OpBench.class,
      ProviderBench.class,
      QualityBench.class,
      QueueBench.class
    })
public final class BenchCommand implements Subcommand {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(),
        "Expected the name of a benchmark, found none: give one of "
            + String.join(", ", spec.subcommands().keySet()));
  }
}
