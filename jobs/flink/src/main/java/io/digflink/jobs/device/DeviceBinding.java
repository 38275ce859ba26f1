package io.digflink.jobs.device;

import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.Devices;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.flink.api.common.externalresource.ExternalResourceInfo;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device of one subtask, until closed: of those that the option names and that Flink gave its
 * TaskManager, the one that fewest subtasks of the same stage in this JVM have.
 *
 * <p>Flink gives GPUs to a TaskManager whose configuration has an external resource named {@value
 * #RESOURCE}; without one the option alone decides.
 */
public final class DeviceBinding implements AutoCloseable {
  /** Name of the external resource, as in Flink's own examples. */
  static final String RESOURCE = "gpu";

  /** What Flink's GPU driver calls the number of a GPU. */
  private static final String INDEX = "index";

  private static final Logger LOG = LoggerFactory.getLogger(DeviceBinding.class);
  private static final Map<Place, Integer> SUBTASKS = new HashMap<>();

  private final Place place;
  private boolean closed;

  private record Place(String stage, Device device) {}

  private DeviceBinding(Place place) {
    this.place = place;
  }

  /**
   * Binds a subtask.
   *
   * @param stage the operator's name: subtasks of one stage spread evenly, those of different
   *     stages share devices
   * @param devices as {@link Devices} reads it
   * @throws IllegalStateException if Flink gave this TaskManager none of these devices
   */
  public static DeviceBinding bind(String stage, String devices, RuntimeContext context) {
    DeviceBinding binding =
        bind(stage, allowed(devices, given(context.getExternalResourceInfos(RESOURCE))));
    LOG.info("{} runs on {}", context.getTaskInfo().getTaskNameWithSubtasks(), binding.device());
    return binding;
  }

  private static Set<Integer> given(Set<ExternalResourceInfo> resources) {
    return resources.stream()
        .flatMap(resource -> resource.getProperty(INDEX).stream())
        .map(Integer::valueOf)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * The devices of a name that a TaskManager may use.
   *
   * @param given numbers of the GPUs that Flink gave it; none if Flink does not hand out GPUs
   */
  static List<Device> allowed(String name, Set<Integer> given) {
    List<Device> named = Devices.of(name);
    if (given.isEmpty() || named.stream().noneMatch(Device::isCuda)) {
      return named;
    }
    // Of all GPUs Flink has chosen already, and its list is right where the count is not.
    List<Device> both =
        name.contains(":")
            ? named.stream().filter(device -> given.contains(device.index())).toList()
            : given.stream().map(Device::cuda).toList();
    if (both.isEmpty()) {
      throw new IllegalStateException(
          "Expected GPUs of "
              + name
              + " among those that Flink gave this TaskManager, found only "
              + given
              + ": set models.device to cuda, or give the TaskManager those GPUs");
    }
    return both;
  }

  static DeviceBinding bind(String stage, List<Device> devices) {
    synchronized (SUBTASKS) {
      Place place =
          devices.stream()
              .map(device -> new Place(stage, device))
              .min(Comparator.comparing(candidate -> SUBTASKS.getOrDefault(candidate, 0)))
              .orElseThrow();
      SUBTASKS.merge(place, 1, Integer::sum);
      return new DeviceBinding(place);
    }
  }

  /** The device. */
  public Device device() {
    return place.device();
  }

  /** Leaves the device to others; does nothing the second time. */
  @Override
  public void close() {
    synchronized (SUBTASKS) {
      if (!closed) {
        closed = true;
        SUBTASKS.computeIfPresent(place, (key, count) -> count == 1 ? null : count - 1);
      }
    }
  }
}
