package io.digflink.lab.bench.queue;

import com.sun.management.OperatingSystemMXBean;
import io.digflink.schemas.GenerationRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.apache.flink.configuration.Configuration;

/**
 * Three clients, one of which keeps ten times as much waiting as each of the others: as three
 * tenants, and as one, in turns on the same job.
 */
final class TenantsPart {
  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private static final String[] CLIENTS = {"loud", "quiet-1", "quiet-2"};
  private static final int IMAGES = 4;
  private static final int STEPS = 10;
  private static final int TIMES_AS_MUCH = 10;

  /** As many images as there are places, twice: some wait at any moment. */
  private static final int REQUESTS_OF_QUIET = 2 * 64 / IMAGES;

  /** Images of a subtask until whoever came first has had more than all places. */
  private static final int WARM_UP_IMAGES = 2 * 64;

  /** Apart in the order fair, one, one, fair, so that a machine that slows down slows both. */
  private static final boolean[] TURNS = {true, false, false, true};

  private static final double JAIN_BAR = 0.99;
  private static final double RATE_BAR = 0.98;

  private final QueueJob job;
  private final int subtasks;
  private final long windowMillis;
  private int turns;

  /**
   * One turn.
   *
   * @param isFair whether the clients are three tenants
   * @param images by client
   * @param warmUpImages by client, before
   * @param imagesPerSecond of all
   * @param cpuSeconds of all processors per image, broker and client included
   * @param fewestOutstanding images of a quiet client that were asked for and not seen
   */
  record Turn(
      boolean isFair,
      List<Integer> images,
      List<Integer> warmUpImages,
      double imagesPerSecond,
      double cpuSeconds,
      int fewestOutstanding) {}

  record Figures(int subtasks, double seconds, List<Turn> turns) implements Findings {

    /** Jain's index of the images of all fair turns. */
    double jain() {
      return jain(Turn::images);
    }

    /** Jain's index of the images while whoever came first still had most of the places. */
    double jainOfWarmUp() {
      return jain(Turn::warmUpImages);
    }

    private double jain(Function<Turn, List<Integer>> images) {
      double sum = 0;
      double squares = 0;
      for (int i = 0; i < CLIENTS.length; i++) {
        double ofClient = imagesOf(true, i, images);
        sum += ofClient;
        squares += ofClient * ofClient;
      }
      return sum * sum / (CLIENTS.length * squares);
    }

    private int imagesOf(boolean isFair, int client, Function<Turn, List<Integer>> images) {
      return turns.stream()
          .filter(turn -> turn.isFair() == isFair)
          .mapToInt(turn -> images.apply(turn).get(client))
          .sum();
    }

    private double mean(boolean isFair, ToDoubleFunction<Turn> figure) {
      return turns.stream()
          .filter(turn -> turn.isFair() == isFair)
          .mapToDouble(figure)
          .average()
          .orElseThrow();
    }

    @Override
    public String table() {
      StringBuilder table = new StringBuilder();
      table.append(
          String.format(
              Locale.ROOT,
              "Tenants: three clients with requests of %d images of %d steps, one keeps %d times as"
                  + " many waiting; %d subtasks, %.0f s as three tenants and as one, in turns%n%n"
                  + "| | %s | Jain's index | images/s | processor s per image |%n"
                  + "|---|%s---:|---:|---:|%n",
              IMAGES,
              STEPS,
              TIMES_AS_MUCH,
              subtasks,
              seconds,
              String.join(" | ", CLIENTS),
              "---:|".repeat(CLIENTS.length)));
      for (boolean isFair : new boolean[] {true, false}) {
        table.append(isFair ? "| three tenants" : "| one tenant");
        for (int i = 0; i < CLIENTS.length; i++) {
          table.append(" | ").append(imagesOf(isFair, i, Turn::images));
        }
        table.append(
            String.format(
                Locale.ROOT,
                " | %s | %.2f | %.4f |%n",
                isFair ? String.format(Locale.ROOT, "%.4f", jain()) : "",
                mean(isFair, Turn::imagesPerSecond),
                mean(isFair, Turn::cpuSeconds)));
      }
      return table.append(verdict()).toString();
    }

    private String verdict() {
      double rate = mean(true, Turn::imagesPerSecond) / mean(false, Turn::imagesPerSecond);
      double cpu = mean(false, Turn::cpuSeconds) / mean(true, Turn::cpuSeconds);
      return String.format(
          Locale.ROOT,
          "%nThree tenants over one: %.3f of the images/s, %.3f of the images per processor"
              + " second. Images by the time of their file, after the first %d of a turn: who comes"
              + " first has all places till then (Jain's index of those: %.2f). No quiet client had"
              + " fewer than %d images asked for and not seen.%n"
              + "Bars: Jain's index of %.2f %s, %.2f of the images/s %s.%n",
          rate,
          cpu,
          subtasks * WARM_UP_IMAGES,
          jainOfWarmUp(),
          turns.stream().mapToInt(Turn::fewestOutstanding).min().orElseThrow(),
          JAIN_BAR,
          jain() >= JAIN_BAR ? "met" : "missed",
          RATE_BAR,
          rate >= RATE_BAR ? "met" : "missed");
    }
  }

  private TenantsPart(QueueJob job, Scale scale) {
    this.job = job;
    this.subtasks = scale.subtasks();
    this.windowMillis = scale.seconds() * 1_000L / 2;
  }

  static Figures measure(Scale scale, PrintWriter out) throws Exception {
    List<Turn> turns = new ArrayList<>();
    try (QueueJob job =
        QueueJob.start(scale.models(), scale.bundle(), scale.subtasks(), new Configuration())) {
      TenantsPart part = new TenantsPart(job, scale);
      for (boolean isFair : TURNS) {
        out.println("tenants: " + (isFair ? "three tenants" : "one tenant"));
        out.flush();
        turns.add(part.turn(isFair));
      }
    }
    return new Figures(scale.subtasks(), scale.seconds(), turns);
  }

  private Turn turn(boolean isFair) throws IOException, InterruptedException {
    turns++;
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS.length; i++) {
      int waiting = subtasks * REQUESTS_OF_QUIET * (i == 0 ? TIMES_AS_MUCH : 1);
      String tenant = isFair ? CLIENTS[i] : "all";
      clients.add(new Client(CLIENTS[i] + "-" + turns, tenant, waiting));
    }
    int before = job.images().size();
    int warmUp = subtasks * WARM_UP_IMAGES;
    int fewest = keepWaiting(clients, () -> job.images().size() - before < warmUp);
    long from = System.currentTimeMillis();
    long cpu = PROCESS.getProcessCpuTime();
    fewest =
        Math.min(
            fewest, keepWaiting(clients, () -> System.currentTimeMillis() < from + windowMillis));
    long to = System.currentTimeMillis();
    cpu = PROCESS.getProcessCpuTime() - cpu;
    for (Client client : clients) {
      job.cancel(client.outstanding);
    }
    List<Integer> images = images(clients, from, to);
    int all = images.stream().mapToInt(Integer::intValue).sum();
    return new Turn(
        isFair, images, images(clients, 0, from), all * 1e3 / (to - from), cpu / 1e9 / all, fewest);
  }

  /** Images by client whose file was there in a time. */
  private List<Integer> images(List<Client> clients, long from, long to) {
    return clients.stream()
        .map(
            client ->
                (int)
                    job.images().stream()
                        .filter(made -> made.requestId().startsWith(client.name + "-"))
                        .filter(made -> made.encodedAt() >= from && made.encodedAt() < to)
                        .count())
        .toList();
  }

  /** Sends what keeps as much waiting as is due; returns the fewest images of a quiet client. */
  private int keepWaiting(List<Client> clients, BooleanSupplier goesOn)
      throws IOException, InterruptedException {
    int fewest = Integer.MAX_VALUE;
    do {
      job.poll();
      for (Client client : clients) {
        client.keepWaiting();
      }
      for (Client quiet : clients.subList(1, clients.size())) {
        fewest = Math.min(fewest, quiet.fewest);
      }
    } while (goesOn.getAsBoolean());
    return fewest;
  }

  /** Who keeps requests waiting. */
  private final class Client {
    private final String name;
    private final String tenant;
    private final int waiting;
    private final Deque<String> outstanding = new ArrayDeque<>();
    private int sent;
    private int fewest = Integer.MAX_VALUE;

    Client(String name, String tenant, int waiting) {
      this.name = name;
      this.tenant = tenant;
      this.waiting = waiting;
    }

    void keepWaiting() throws InterruptedException {
      outstanding.removeIf(id -> job.end(id) != null);
      if (sent >= waiting) {
        fewest =
            Math.min(fewest, outstanding.stream().mapToInt(id -> IMAGES - job.imagesOf(id)).sum());
      }
      while (outstanding.size() < waiting) {
        String id = name + "-" + sent++;
        GenerationRequest request = job.request(id, IMAGES, STEPS);
        request.setTenant(tenant);
        job.send(request);
        outstanding.add(id);
      }
    }
  }
}
