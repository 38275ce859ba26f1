package io.digflink.tests;

import io.digflink.cli.Dig;
import io.digflink.tests.bench.BenchCommand;
import io.digflink.tests.faults.FaultsCommand;
import io.digflink.tests.load.SoakCommand;

/** What the launcher runs: the commands of the jobs module, the benchmarks, faults and load. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(
        Dig.commandLine()
            .addSubcommand(new BenchCommand())
            .addSubcommand(new FaultsCommand())
            .addSubcommand(new SoakCommand())
            .execute(arguments));
  }
}
