package io.digflink.runtime.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceTest {

  @Test
  void readsTheNamesThatItWrites() {
    assertThat(Device.of("cpu")).isEqualTo(Device.CPU).hasToString("cpu");
    assertThat(Device.of("cuda")).isEqualTo(Device.cuda(0)).hasToString("cuda:0");
    assertThat(Device.of("cuda:3")).isEqualTo(Device.cuda(3)).hasToString("cuda:3");
    assertThat(Device.of("cpu:1")).hasToString("cpu:1");
  }

  @Test
  void severalDevicesAreNamedByTheirNumbers() {
    assertThat(Devices.of("cuda:0,2")).containsExactly(Device.cuda(0), Device.cuda(2));
    assertThat(Devices.of("cpu:0,1")).hasSize(2).doesNotHaveDuplicates().contains(Device.CPU);
    assertThat(Devices.of("auto")).isNotEmpty();
    assertThatThrownBy(() -> Devices.of("cuda:1,1"))
        .hasMessage("Expected each device once, found \"cuda:1,1\": name each number once");
  }

  @Test
  void refusesOtherNames() {
    for (String name : new String[] {"", "gpu", "cuda:", "cuda:-1", "cuda:9999", "CPU", "cpu:0,"}) {
      assertThatThrownBy(() -> Devices.check(name))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "Expected a device of auto, cpu, cuda or numbered ones such as cuda:0,2, found \""
                  + name
                  + "\"");
    }
    assertThatThrownBy(() -> new Device(OrtProvider.CPU, -1))
        .hasMessage("There is no CPU device -1");
  }

  /** As ONNX Runtime's BFC arena, cuBLAS, CUDA and the C++ library say it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 9",
        "CUDA failure 2: out of memory ; GPU=0",
        "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED",
        "std::bad_alloc",
        "bad allocation"
      })
  void knowsARunThatLackedMemory(String message) {
    assertThat(GraphRun.translate(new OrtException(message)))
        .isInstanceOf(OutOfDeviceMemoryException.class)
        .hasMessage("Out of memory in a run: " + message);
  }

  @Test
  void tellsOtherFailuresApart() {
    assertThat(GraphRun.translate(new OrtException("Got invalid dimensions")))
        .isNotInstanceOf(OutOfDeviceMemoryException.class)
        .hasMessage("The run failed: Got invalid dimensions");
  }
}
