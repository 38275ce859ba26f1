package io.digflink.lab;

import io.digflink.cli.Dig;
import io.digflink.lab.bench.BenchCommand;
import io.digflink.lab.faults.FaultsCommand;
import io.digflink.lab.load.SoakCommand;

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
