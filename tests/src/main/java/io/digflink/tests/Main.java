package io.digflink.tests;

import io.digflink.cli.Dig;
import io.digflink.tests.bench.BenchCommand;

/** What the launcher runs: the commands of the jobs module and the benchmarks. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(Dig.commandLine().addSubcommand(new BenchCommand()).execute(arguments));
  }
}
