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
  }

  @Test
  void refusesOtherNames() {
    for (String name : new String[] {"", "gpu", "cuda:", "cuda:-1", "cuda:9999", "CPU"}) {
      assertThatThrownBy(() -> Device.of(name))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("Expected a device of cpu, cuda, cuda:N or auto, found \"" + name + "\"");
    }
    assertThatThrownBy(() -> new Device(OrtProvider.CPU, 1)).hasMessage("There is no CPU device 1");
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
