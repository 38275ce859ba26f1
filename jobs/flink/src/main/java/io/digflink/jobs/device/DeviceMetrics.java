package io.digflink.jobs.device;

import io.digflink.jobs.model.ServedModels;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.PoolFigures;
import io.digflink.runtime.session.SessionPool;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MeterView;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/**
 * What a subtask reports of its device, which it may share with others of its JVM, and of each
 * bundle that it runs; the module's README says what each metric means. Apart from the gauges, all
 * methods are called on the task's thread.
 */
public final class DeviceMetrics {
  private static final int WINDOW = 1_000;
  private static final int DIGITS_OF_A_DIGEST = 12;

  private final MetricGroup group;
  private final ServedModels<?> models;
  private final Map<String, OfBundle> bundles = new HashMap<>();

  private record OfBundle(
      Histogram rows, Histogram runMillis, Counter busyMillis, Counter images, MeterView rate) {}

  public DeviceMetrics(MetricGroup group, Device device, ServedModels<?> models) {
    this.group = group;
    this.models = models;
    PoolFigures figures = SessionPool.shared().figures(device);
    MetricGroup ofDevice = group.addGroup("device", device.toString().replace(':', '-'));
    gauge(ofDevice, "sessionsOpened", figures::sessionsOpened);
    gauge(ofDevice, "sessionsClosed", figures::sessionsClosed);
    gauge(ofDevice, "reservedBytes", figures::reservedBytes);
    gauge(ofDevice, "busyMillis", () -> figures.runNanos() / 1_000_000);
    ofDevice.gauge("busyShare", (Gauge<Double>) new BusyShare(figures::runNanos)::value);
    gauge(group, "modelsServed", () -> (long) models.now().byName().size());
    gauge(group, "bundlesRefused", () -> (long) models.now().refused().size());
    gauge(group, "modelDirectoryUnreadable", () -> models.isDirectoryUnreadable() ? 1L : 0L);
  }

  private static void gauge(MetricGroup group, String name, Gauge<Long> value) {
    group.gauge(name, value);
  }

  /** A run has ended; one that failed counts for nothing but its time. */
  public void ran(DeviceRun<?> run) {
    OfBundle metrics = bundles.computeIfAbsent(run.key().digest(), digest -> register(run.key()));
    metrics.busyMillis().inc(run.nanos() / 1_000_000);
    if (run.failure() == null) {
      metrics.rows().update(run.rows());
      metrics.runMillis().update(run.nanos() / 1_000_000);
    }
  }

  /** An image has left this stage. */
  public void finished(String digest) {
    OfBundle metrics = bundles.get(digest);
    if (metrics != null) {
      metrics.rate().markEvent();
    }
  }

  private OfBundle register(BatchKey key) {
    MetricGroup ofBundle =
        group
            .addGroup("model", key.model())
            .addGroup("digest", key.digest().substring(0, DIGITS_OF_A_DIGEST));
    String model = key.model();
    String digest = key.digest();
    gauge(
        ofBundle,
        "serves",
        () ->
            models.now().find(model).filter(b -> b.digest().equals(digest)).isPresent() ? 1L : 0L);
    gauge(ofBundle, "suitableRows", () -> (long) models.suitableRows(digest));
    Counter images = ofBundle.counter("images");
    return new OfBundle(
        ofBundle.histogram("rowsPerRun", new DescriptiveStatisticsHistogram(WINDOW)),
        ofBundle.histogram("runMillis", new DescriptiveStatisticsHistogram(WINDOW)),
        ofBundle.counter("busyMillis"),
        images,
        ofBundle.meter("imagesPerSecond", new MeterView(images)));
  }
}
