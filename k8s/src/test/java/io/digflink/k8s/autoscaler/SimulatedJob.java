package io.digflink.k8s.autoscaler;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.autoscaler.metrics.CollectedMetrics;
import org.apache.flink.autoscaler.metrics.ScalingMetric;
import org.apache.flink.autoscaler.metrics.ScalingMetrics;
import org.apache.flink.autoscaler.topology.JobTopology;
import org.apache.flink.autoscaler.topology.ShipStrategy;
import org.apache.flink.autoscaler.topology.VertexInfo;
import org.apache.flink.runtime.jobgraph.JobVertexID;

/**
 * The streaming job second by second: a source with Admit, Denoise and Decode, each held back by
 * the next, and the metrics that the autoscaler collects of them.
 */
final class SimulatedJob {
  /** Who reports what. */
  enum Report {
    /** As jobs do that work beside their tasks' threads: they are idle; the lag is requests. */
    TASKS,
    /** A task is busy while its device is. */
    DEVICES,
    /**
     * That, and what waits in Denoise is lag as well: requests, and of one that has begun the share
     * that has not. As this job does.
     */
    DEVICES_AND_WAITING
  }

  static final JobVertexID SOURCE = new JobVertexID(0, 1);
  static final JobVertexID DENOISE = new JobVertexID(0, 2);
  static final JobVertexID DECODE = new JobVertexID(0, 3);
  static final int PARALLELISM = 4;

  private static final List<JobVertexID> VERTICES = List.of(SOURCE, DENOISE, DECODE);
  private static final int MAX_PARALLELISM = 128;

  /** Portions that Denoise takes before it holds the source back: denoise.max-waiting. */
  private static final double ROOM_FOR_PORTIONS = 10_000.0 * PARALLELISM;

  /** Latents that Decode takes before it holds Denoise back. */
  private static final double ROOM_FOR_LATENTS = 256.0 * PARALLELISM;

  private static final double MOST_IMAGES_PER_PORTION = 32;

  /** A task's own share of a second, next to what its device does. */
  private static final double TASK_LOAD = 0.02;

  private final Report report;
  private final double imagesPerRequest;
  private final double imagesPerPortion;
  private final double denoiseRate;
  private final double decodeRate;

  private double requestsInKafka;
  private double imagesWaiting;
  private double latentsWaiting;
  private final double[] in = new double[3];
  private final double[] out = new double[3];
  private final double[] busySeconds = new double[3];
  private double heldBack;
  private final SortedMap<Instant, CollectedMetrics> history = new TreeMap<>();
  private int second;

  /**
   * A job that has nothing to do yet.
   *
   * @param report who reports what
   * @param imagesPerRequest of every request
   * @param denoiseRate images per second that all of Denoise can make
   * @param decodeRate images per second that all of Decode can make
   */
  SimulatedJob(Report report, double imagesPerRequest, double denoiseRate, double decodeRate) {
    this.report = report;
    this.imagesPerRequest = imagesPerRequest;
    this.imagesPerPortion =
        Math.min(MOST_IMAGES_PER_PORTION, Math.ceil(imagesPerRequest / PARALLELISM));
    this.denoiseRate = denoiseRate;
    this.decodeRate = decodeRate;
  }

  /** Requests that are in Kafka already. */
  SimulatedJob waiting(double requests) {
    requestsInKafka += requests;
    return this;
  }

  /** Runs for some minutes, with so many requests each second, and is looked at every minute. */
  SimulatedJob run(int minutes, double requestsPerSecond) {
    for (int i = 0; i < minutes * 60; i++) {
      step(requestsPerSecond);
      if (second % 60 == 0) {
        collect();
      }
    }
    return this;
  }

  private void step(double requestsPerSecond) {
    second++;
    requestsInKafka += requestsPerSecond;
    double room = ROOM_FOR_PORTIONS * imagesPerPortion - imagesWaiting;
    double fitting = Math.max(0, Math.ceil(room / imagesPerRequest));
    double read = Math.min(requestsInKafka, fitting);
    heldBack = read < requestsInKafka ? 1 - read / Math.max(1, requestsInKafka) : 0;
    requestsInKafka -= read;
    imagesWaiting += read * imagesPerRequest;

    double denoised =
        Math.min(Math.min(imagesWaiting, denoiseRate), ROOM_FOR_LATENTS - latentsWaiting);
    imagesWaiting -= denoised;
    latentsWaiting += denoised;
    double decoded = Math.min(latentsWaiting, decodeRate);
    latentsWaiting -= decoded;

    double portions = read * Math.ceil(imagesPerRequest / imagesPerPortion);
    count(0, read, portions, 0);
    count(1, portions, denoised, denoised / denoiseRate);
    count(2, decoded, decoded, decoded / decodeRate);
  }

  private void count(int vertex, double records, double results, double deviceLoad) {
    in[vertex] += records;
    out[vertex] += results;
    busySeconds[vertex] += report == Report.TASKS ? TASK_LOAD : Math.max(TASK_LOAD, deviceLoad);
  }

  private void collect() {
    Map<JobVertexID, Map<ScalingMetric, Double>> vertices = new java.util.HashMap<>();
    for (int i = 0; i < VERTICES.size(); i++) {
      Map<ScalingMetric, Double> metrics = new java.util.EnumMap<>(ScalingMetric.class);
      metrics.put(ScalingMetric.NUM_RECORDS_IN, in[i]);
      metrics.put(ScalingMetric.NUM_RECORDS_OUT, out[i]);
      metrics.put(ScalingMetric.ACCUMULATED_BUSY_TIME, busySeconds[i] * 1000 * PARALLELISM);
      metrics.put(ScalingMetric.LOAD, busySeconds[i] / second);
      vertices.put(VERTICES.get(i), metrics);
    }
    Map<ScalingMetric, Double> source = vertices.get(SOURCE);
    double waiting = report == Report.DEVICES_AND_WAITING ? imagesWaiting / imagesPerRequest : 0;
    double lag = requestsInKafka + waiting;
    source.put(ScalingMetric.LAG, lag);
    double rate = in[0] / second;
    if (rate > 0 && lag > 30 * rate) {
      source.put(
          ScalingMetric.OBSERVED_TPR,
          ScalingMetrics.computeObservedTprWithBackpressure(rate, heldBack * 999));
    }
    history.put(Instant.ofEpochSecond(second), new CollectedMetrics(vertices, Map.of()));
  }

  /** What the autoscaler has collected in the last minutes. */
  SortedMap<Instant, CollectedMetrics> window(int minutes) {
    return history.tailMap(Instant.ofEpochSecond(second - minutes * 60L));
  }

  /** Images that wait for a step. */
  double imagesWaiting() {
    return imagesWaiting;
  }

  /** The job's vertices, all in one slot sharing group. */
  static JobTopology topology() {
    List<VertexInfo> vertices = new ArrayList<>();
    for (int i = 0; i < VERTICES.size(); i++) {
      Map<JobVertexID, ShipStrategy> inputs =
          i == 0 ? Map.of() : Map.of(VERTICES.get(i - 1), ShipStrategy.REBALANCE);
      vertices.add(new VertexInfo(VERTICES.get(i), inputs, PARALLELISM, MAX_PARALLELISM));
    }
    return new JobTopology(vertices.toArray(VertexInfo[]::new));
  }
}
