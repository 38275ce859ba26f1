package io.digflink.cli;

import io.digflink.runtime.session.Device;
import java.util.List;
import java.util.stream.Collectors;

/** Says which devices a command uses. */
final class DeviceList {
  private DeviceList() {}

  /**
   * Names of the devices in use.
   *
   * @param devices those that may be used
   * @param subtasks each of which takes one, as long as there are any left
   */
  static String used(List<Device> devices, int subtasks) {
    return devices.stream().limit(subtasks).map(Device::toString).collect(Collectors.joining(", "));
  }
}
