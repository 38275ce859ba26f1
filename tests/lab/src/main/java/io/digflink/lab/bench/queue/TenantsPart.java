package io.digflink.lab.bench.queue;

import com.sun.management.OperatingSystemMXBean;
import io.digflink.schemas.GenerationRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
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

  private static final int WARM_UP_MILLIS = 5_000;

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
   * @param imagesPerSecond of all
   * @param cpuSeconds of all processors per image, broker and client included
   * @param fewestOutstanding images of a quiet client that were asked for and not seen
   */
  record Turn(
      boolean isFair,
      List<Integer> images,
      double imagesPerSecond,
      double cpuSeconds,
      int fewestOutstanding) {}

  record Figures(int subtasks, double seconds, List<Turn> turns) implements Findings {

    /** Jain's index of the images of all fair turns. */
    double jain() {
      double sum = 0;
      double squares = 0;
      for (int i = 0; i < CLIENTS.length; i++) {
        double images = imagesOf(true, i);
        sum += images;
        squares += images * images;
      }
      return sum * sum / (CLIENTS.length * squares);
    }

    private int imagesOf(boolean isFair, int client) {
      return turns.stream()
          .filter(turn -> turn.isFair() == isFair)
          .mapToInt(turn -> turn.images().get(client))
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
          table.append(" | ").append(imagesOf(isFair, i));
        }
        table.append(
            String.format(
                Locale.ROOT,
                " | %s | %.2f | %.4f |%n",
                isFair ? String.format(Locale.ROOT, "%.4f", jain()) : "",
                mean(isFair, Turn::imagesPerSecond),
                mean(isFair, Turn::cpuSeconds)));
      }
      double rate = mean(true, Turn::imagesPerSecond) / mean(false, Turn::imagesPerSecond);
      double cpu = mean(false, Turn::cpuSeconds) / mean(true, Turn::cpuSeconds);
      table.append(
          String.format(
              Locale.ROOT,
              "%nThree tenants over one: %.3f of the images/s, %.3f of the images per processor"
                  + " second. Images by the time of their file, from %d s after the first request of a"
                  + " turn; no quiet client had fewer than %d images asked for and not seen.%n"
                  + "Bars: Jain's index of %.2f %s, %.2f of the images/s %s.%n",
              rate,
              cpu,
              WARM_UP_MILLIS / 1000,
              turns.stream().mapToInt(Turn::fewestOutstanding).min().orElseThrow(),
              JAIN_BAR,
              jain() >= JAIN_BAR ? "met" : "missed",
              RATE_BAR,
              rate >= RATE_BAR ? "met" : "missed"));
      return table.toString();
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
    long from = System.currentTimeMillis() + WARM_UP_MILLIS;
    int fewest = keepWaiting(clients, from);
    from = System.currentTimeMillis();
    long cpu = PROCESS.getProcessCpuTime();
    fewest = Math.min(fewest, keepWaiting(clients, from + windowMillis));
    long to = System.currentTimeMillis();
    cpu = PROCESS.getProcessCpuTime() - cpu;
    for (Client client : clients) {
      job.cancel(client.outstanding);
    }
    int[] images = new int[CLIENTS.length];
    for (Made made : job.images()) {
      for (int i = 0; i < CLIENTS.length; i++) {
        boolean isIn = made.encodedAt() >= from && made.encodedAt() < to;
        images[i] += isIn && made.requestId().startsWith(clients.get(i).name + "-") ? 1 : 0;
      }
    }
    int all = Arrays.stream(images).sum();
    return new Turn(
        isFair,
        Arrays.stream(images).boxed().collect(Collectors.toList()),
        all * 1e3 / (to - from),
        cpu / 1e9 / all,
        fewest);
  }

  /** Sends what keeps as much waiting as is due; returns the fewest images of a quiet client. */
  private int keepWaiting(List<Client> clients, long untilMillis)
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
    } while (System.currentTimeMillis() < untilMillis);
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
