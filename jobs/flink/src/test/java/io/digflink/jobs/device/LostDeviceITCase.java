package io.digflink.jobs.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process whose device is lost. */
class LostDeviceITCase {
  @Test
  @Timeout(60)
  void itEndsThoughAThreadOfItHangs() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Hanging.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(output).isEqualTo(LostDevice.STATUS);
    assertThat(output).contains("dig-flink: A run hangs: the process ends");
  }

  /** Its main thread would wait for ever. */
  static final class Hanging {
    private Hanging() {}

    public static void main(String[] arguments) throws InterruptedException {
      Thread.currentThread().setUncaughtExceptionHandler((thread, failure) -> {});
      new Thread(() -> LostDevice.endProcess("A run hangs")).start();
      new CountDownLatch(1).await();
    }
  }
}
