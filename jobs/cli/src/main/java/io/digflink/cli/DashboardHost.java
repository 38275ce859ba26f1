package io.digflink.cli;

import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Who may open the dashboard of the embedded cluster: this machine alone, unless told. */
final class DashboardHost {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description =
          "Address of this machine that the dashboard listens on; 0.0.0.0 for all (default:"
              + " ${DEFAULT-VALUE}). Whoever reaches it sees the job and can cancel it.")
  private String address = "localhost";

  /**
   * The address, after a warning if other machines can reach it.
   *
   * @throws ParameterException if it is not an address of this machine
   */
  String address() {
    InetAddress found = find();
    if (!found.isLoopbackAddress()) {
      PrintWriter err = command.commandLine().getErr();
      err.println(
          "Warning: the dashboard on "
              + address
              + " has no password: everyone who reaches it sees the job, its options and logs, and"
              + " can cancel it");
      err.flush();
    }
    return address;
  }

  private InetAddress find() {
    try {
      InetAddress found = InetAddress.getByName(address);
      if (found.isAnyLocalAddress() || NetworkInterface.getByInetAddress(found) != null) {
        return found;
      }
    } catch (UnknownHostException | SocketException e) {
      // refused below
    }
    throw new ParameterException(
        command.commandLine(),
        "Expected an address of this machine as --host, found "
            + address
            + ": give localhost, 0.0.0.0 or the address of a network interface");
  }
}
