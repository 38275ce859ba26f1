package io.digflink.cli;

import io.digflink.runtime.session.Device;
import picocli.CommandLine.Option;

/** The one device that a command runs models on. */
public final class DeviceOption {
  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "cpu, cuda, cuda:N or auto (default: ${DEFAULT-VALUE}).")
  private String device = "auto";

  /** The device that the name stands for. */
  public Device device() {
    return Device.of(device);
  }
}
