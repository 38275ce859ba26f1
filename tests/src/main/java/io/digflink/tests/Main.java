package io.digflink.tests;

import io.digflink.cli.Dig;
import io.digflink.tests.bench.BenchCommand;
import io.digflink.tests.faults.FaultsCommand;

/** What the launcher runs: the commands of the jobs module the benchmarks and the faults. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(
        Dig.commandLine()
            .addSubcommand(new BenchCommand())
            .addSubcommand(new FaultsCommand())
            .execute(arguments));
  }
}
