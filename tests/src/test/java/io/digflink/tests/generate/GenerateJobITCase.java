package io.digflink.tests.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.schemas.GeneratedImage;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import io.digflink.tests.support.Requests;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateJobITCase {
  private static EmbeddedStack stack;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    stack = EmbeddedStack.start(directory);
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  @Test
  void everyImageOfARequestComesOutInItsOrder() throws Exception {
    JobRun job = new JobRun(stack);
    job.send(Requests.of("a").setLabels(List.of(3, 5)).setImagesPerLabel(3).build());

    List<GeneratedImage> images = job.serveAll(1).images();

    assertThat(images).extracting(GeneratedImage::getIndex).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(images).extracting(GeneratedImage::getLabel).containsExactly(3, 3, 3, 5, 5, 5);
    assertThat(job.rejected()).isEmpty();
  }
}
