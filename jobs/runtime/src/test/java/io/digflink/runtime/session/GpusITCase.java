package io.digflink.runtime.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GpusITCase {
  @TempDir private Path dev;

  @Test
  void countsTheDeviceFilesOfGpus() throws IOException {
    for (String name : new String[] {"nvidia0", "nvidia7", "nvidiactl", "nvidia-uvm", "null"}) {
      Files.createFile(dev.resolve(name));
    }

    assertThat(Gpus.count(null, dev)).isEqualTo(2);
  }

  @Test
  void countsWhatCudaMaySee() throws IOException {
    for (int i = 0; i < 8; i++) {
      Files.createFile(dev.resolve("nvidia" + i));
    }

    assertThat(Gpus.count("0,2", dev)).isEqualTo(2);
    assertThat(Gpus.count("GPU-5a3c,3,4", dev)).isEqualTo(3);
    assertThat(Gpus.count("1,-1,2", dev)).isEqualTo(1);
    assertThat(Gpus.count("", dev)).isZero();
  }

  @Test
  void aHostWithoutGpusHasNone() {
    assertThat(Gpus.count(null, dev)).isZero();
    assertThat(Gpus.count("0", dev)).isZero();
    assertThat(Gpus.count(null, dev.resolve("missing"))).isZero();
  }

  @Test
  void wslHasOneFileForAll() throws IOException {
    Files.createFile(dev.resolve("dxg"));

    assertThat(Gpus.count(null, dev)).isEqualTo(1);
  }
}
