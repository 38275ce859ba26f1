package io.digflink.jobs.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.Devices;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DeviceBindingTest {
  private static final List<Device> TWO = Devices.of("cuda:0,1");

  @Test
  void subtasksOfAStageSpreadEvenly() {
    try (DeviceBinding a = DeviceBinding.bind("spread", TWO);
        DeviceBinding b = DeviceBinding.bind("spread", TWO);
        DeviceBinding c = DeviceBinding.bind("spread", TWO);
        DeviceBinding d = DeviceBinding.bind("spread", TWO)) {
      assertThat(List.of(a.device(), b.device(), c.device(), d.device()))
          .containsExactly(TWO.get(0), TWO.get(1), TWO.get(0), TWO.get(1));
    }
  }

  @Test
  void anotherStageSharesTheDevices() {
    try (DeviceBinding denoise = DeviceBinding.bind("one stage", TWO);
        DeviceBinding decode = DeviceBinding.bind("another stage", TWO)) {
      assertThat(decode.device()).isEqualTo(denoise.device());
    }
  }

  @Test
  void aDeviceThatIsLeftIsTakenAgain() {
    DeviceBinding first = DeviceBinding.bind("left", TWO);
    try (DeviceBinding second = DeviceBinding.bind("left", TWO)) {
      first.close();
      first.close();
      try (DeviceBinding third = DeviceBinding.bind("left", TWO)) {
        assertThat(third.device()).isEqualTo(first.device()).isNotEqualTo(second.device());
      }
    }
  }

  @Test
  void flinksGpusAreTheOnesThatCount() {
    assertThat(DeviceBinding.allowed("cuda", Set.of(3))).containsExactly(Device.cuda(3));
    assertThat(DeviceBinding.allowed("cuda:2,3", Set.of(3))).containsExactly(Device.cuda(3));
    assertThat(DeviceBinding.allowed("cuda:2,3", Set.of())).hasSize(2);
    assertThat(DeviceBinding.allowed("cpu", Set.of(3))).containsExactly(Device.CPU);
    assertThatThrownBy(() -> DeviceBinding.allowed("cuda:0", Set.of(3)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "Expected GPUs of cuda:0 among those that Flink gave this TaskManager, found only [3]:"
                + " set models.device to cuda, or give the TaskManager those GPUs");
  }
}
