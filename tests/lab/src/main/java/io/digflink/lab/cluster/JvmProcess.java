package io.digflink.lab.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** A JVM whose output goes to a file. It may be killed and started again. */
public final class JvmProcess implements AutoCloseable {
  private final Path log;
  private final List<String> command;
  private Process process;

  /**
   * @param log takes the output of every start, one after the other
   * @param arguments of {@code java}
   */
  public JvmProcess(Path log, List<String> arguments) {
    this(log, Host.LOCAL, arguments);
  }

  /** One on another host. */
  JvmProcess(Path log, Host host, List<String> arguments) {
    this.log = log;
    this.command = new ArrayList<>(host.prefix());
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + Checkout.path("jobs/jvm.args"));
    command.addAll(arguments);
  }

  /** Starts the JVM; it may not serve yet. */
  public void start() throws IOException {
    if (isAlive()) {
      throw new IllegalStateException("Expected " + log + " to be of an ended process");
    }
    process =
        new ProcessBuilder(command)
            .directory(log.getParent().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
  }

  public boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** Ends it as {@code kill -9} does; it is gone afterwards. */
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Ends several at the same moment; they are gone afterwards. */
  public static void killAll(Collection<JvmProcess> processes) {
    processes.forEach(each -> each.process.destroyForcibly());
    processes.forEach(each -> each.process.onExit().join());
  }

  /** Sends a signal, such as STOP, CONT or SEGV. */
  public void signal(String name) throws IOException, InterruptedException {
    // The shell's own kill: the program is missing on small systems.
    String kill = "kill -" + name + " " + pid();
    int status = new ProcessBuilder("sh", "-c", kill).start().waitFor();
    if (status != 0) {
      throw new IOException(kill + " ended with status " + status);
    }
  }

  /** Waits for its end. */
  public void awaitEnd() throws InterruptedException {
    process.waitFor();
  }

  /** The exit code of a process that has ended. */
  public int exitCode() {
    return process.exitValue();
  }

  public long pid() {
    return process.pid();
  }

  /** Its resident memory in bytes. */
  public long residentBytes() throws IOException {
    Path status = Path.of("/proc", Long.toString(pid()), "status");
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmRSS:")) {
        return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("Expected VmRSS in " + status + ", found none");
  }

  /** All that it wrote. */
  public String log() throws IOException {
    return Files.exists(log) ? Files.readString(log) : "";
  }

  @Override
  public void close() {
    if (isAlive()) {
      kill();
    }
  }
}
