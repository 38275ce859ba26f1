package io.digflink.jobs.denoise;

import io.digflink.jobs.kafka.PreviewSender;
import io.digflink.jobs.kafka.PreviewTopic;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.Portion;
import io.digflink.runtime.image.PreviewRenderer;
import io.digflink.schemas.ImagePreview;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renders and sends previews on a thread of its own. Nothing waits for it: what it cannot keep up
 * with is dropped and counted.
 */
final class Previews implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Previews.class);
  private static final int MOST_WAITING = 128;

  private final PreviewTopic topic;
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final ThreadPoolExecutor thread;

  // Used on that thread alone.
  private final Map<String, Optional<PreviewRenderer>> renderers = new HashMap<>();
  private PreviewSender sender;
  private String problem;

  /**
   * @param topic null for a job without previews
   */
  Previews(PreviewTopic topic, MetricGroup group) {
    this.topic = topic;
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MOST_WAITING),
            task -> {
              Thread made = new Thread(task, "dig previews");
              made.setDaemon(true);
              return made;
            },
            (task, full) -> dropped.incrementAndGet());
    group.gauge("previewsSent", (Gauge<Long>) sent::get);
    group.gauge("previewsDropped", (Gauge<Long>) dropped::get);
  }

  /** Whether an image that is about to take a step is to be seen after it. */
  boolean isDue(ImageInFlight image) {
    int every = image.portion().portion().request().getPreviewEvery();
    int step = image.trajectory().stepsDone() + 1;
    return topic != null
        && every > 0
        && step % every == 0
        && step < image.trajectory().spec().steps();
  }

  /**
   * Takes the prediction of an image that has just taken a step.
   *
   * @param clean prediction of the clean latent, [C, H, W]
   */
  void offer(ImageInFlight image, float[] clean) {
    int step = image.trajectory().stepsDone();
    thread.execute(() -> send(image, clean, step));
  }

  private void send(ImageInFlight image, float[] clean, int step) {
    PortionInFlight portion = image.portion();
    Optional<byte[]> file =
        renderers
            .computeIfAbsent(
                portion.bundle().digest(),
                digest -> PreviewRenderer.of(portion.bundle().manifest()))
            .flatMap(renderer -> renderer.render(clean, portion.portion().latent()));
    if (file.isEmpty()) {
      return;
    }
    try {
      if (sender == null) {
        sender = topic.open();
      }
      sender.send(record(image, step, file.get()));
      sent.incrementAndGet();
    } catch (KafkaException e) {
      dropped.incrementAndGet();
      if (!e.toString().equals(problem)) {
        problem = e.toString();
        LOG.warn("Previews are dropped until their topic can be written", e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Answer<ImagePreview> record(ImageInFlight image, int step, byte[] file) {
    Portion portion = image.portion().portion();
    ImagePreview preview =
        ImagePreview.newBuilder()
            .setRequestId(portion.requestId())
            .setIndex(image.index())
            .setCount(portion.images())
            .setStep(step)
            .setSteps(portion.request().getSteps())
            .setWidth(PreviewRenderer.SCALE * portion.latent().width())
            .setHeight(PreviewRenderer.SCALE * portion.latent().height())
            .setFormat(PreviewRenderer.FORMAT.id())
            .setBytes(ByteBuffer.wrap(file))
            .setAt(Instant.now())
            .build();
    return new Answer<>(preview, portion.headers());
  }

  @Override
  public void close() {
    thread.getQueue().clear();
    thread.execute(
        () -> {
          if (sender != null) {
            sender.close();
          }
        });
    thread.shutdown();
  }
}
