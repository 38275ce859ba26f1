package io.digflink.jobs.model;

import io.digflink.runtime.model.ModelBundle;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bundles of a model directory, read again and again. All operators of this JVM share one
 * object for a directory, so that they agree on what is served. A directory that cannot be read
 * changes nothing: what was served is served on.
 */
public final class ServedBundles implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServedBundles.class);
  private static final Map<Source, ServedBundles> SHARED = new HashMap<>();

  private final Source source;
  private final BundleReader reader;
  private final List<BundleReader.Preparation> preparations = new CopyOnWriteArrayList<>();

  // Everything that was ever served here: images in flight may need it after it is removed.
  private final Map<String, ModelBundle> seen = new ConcurrentHashMap<>();
  private final Set<String> missing = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService refresher;
  private final Object reading = new Object();
  private volatile Bundles served = Bundles.NONE;
  private volatile String problem;
  private int users;

  private record Source(String directory, Set<String> allowedDigests, Duration refresh) {}

  private ServedBundles(Source source, BundleReader reader) {
    this.source = source;
    this.reader = reader;
    this.refresher =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "dig model directory");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * The bundles of a directory; close it when they are needed no longer.
   *
   * @throws IOException if there are none, or none that can be served
   */
  public static ServedBundles open(ModelSettings settings) throws IOException {
    Source source = new Source(settings.directory(), settings.allowedDigests(), settings.refresh());
    synchronized (SHARED) {
      ServedBundles shared = SHARED.get(source);
      if (shared == null) {
        shared = new ServedBundles(source, new BundleReader(settings));
        shared.start();
        SHARED.put(source, shared);
      }
      shared.users++;
      return shared;
    }
  }

  private void start() throws IOException {
    try {
      read();
      requireSome();
    } catch (IOException e) {
      refresher.shutdownNow();
      throw e;
    }
    long millis = source.refresh().toMillis();
    if (millis > 0) {
      refresher.scheduleWithFixedDelay(this::refresh, millis, millis, TimeUnit.MILLISECONDS);
    }
  }

  private void refresh() {
    try {
      read();
      missing.clear();
    } catch (IOException | RuntimeException e) {
      if (!e.toString().equals(problem)) {
        problem = e.toString();
        LOG.warn("{} cannot be read; what was served is served on", source.directory(), e);
      }
    }
  }

  /**
   * Reads the directory now.
   *
   * @throws IOException if it cannot be read
   */
  void read() throws IOException {
    synchronized (reading) {
      Bundles before = served;
      Bundles now = reader.read(before, preparations);
      problem = null;
      publish(before, now);
    }
  }

  /** Refuses a bundle that has turned out not to run. */
  void refuse(ModelBundle bundle, String reason) {
    synchronized (reading) {
      publish(served, served.without(bundle, reason));
    }
  }

  private void publish(Bundles before, Bundles now) {
    now.all().forEach(bundle -> seen.put(bundle.digest(), bundle));
    now.refused()
        .forEach(
            (place, reason) -> {
              if (!reason.equals(before.refused().get(place))) {
                LOG.error("The bundle in {} is refused, the others are served: {}", place, reason);
              }
            });
    now.byName()
        .forEach(
            (name, bundle) -> {
              ModelBundle old = before.byName().get(name);
              if (old == null || !old.digest().equals(bundle.digest())) {
                LOG.info("Model {} is served by {}", name, bundle.reference());
              }
            });
    before.byName().keySet().stream()
        .filter(name -> !now.byName().containsKey(name))
        .forEach(name -> LOG.info("Model {} takes no more requests", name));
    served = now;
  }

  /**
   * Checks that something is served.
   *
   * @throws IOException with what is refused
   */
  void requireSome() throws IOException {
    if (!served.all().isEmpty()) {
      return;
    }
    SortedMap<String, String> refused = served.refused();
    if (refused.size() == 1) {
      throw new IOException(refused.get(refused.firstKey()));
    }
    throw new IOException(
        "Expected model bundles in "
            + source.directory()
            + ", found none"
            + (refused.isEmpty()
                ? ": give a directory that \"dig export\" wrote, or one that contains such directories"
                : " to serve: " + refused));
  }

  /** What is served now. */
  public Bundles now() {
    return served;
  }

  /** Whether the directory could not be read the last time. */
  public boolean isUnreadable() {
    return problem != null;
  }

  /** Has a stage prepare every new bundle before it is served. */
  void addPreparation(BundleReader.Preparation preparation) {
    preparations.add(preparation);
  }

  void removePreparation(BundleReader.Preparation preparation) {
    preparations.remove(preparation);
  }

  /**
   * What a request asks for. Another JVM may have seen a new bundle before this one: what is
   * unknown is looked for in the directory.
   */
  public Optional<ModelBundle> find(String model) {
    Optional<ModelBundle> found = served.find(model);
    return found.isPresent() || !lookAgain(model) ? found : served.find(model);
  }

  /** The bundle of a digest that is served, or was since this JVM's operators began. */
  public Optional<ModelBundle> version(String digest) {
    Optional<ModelBundle> found = known(digest);
    return found.isPresent() || !lookAgain(digest) ? found : known(digest);
  }

  private Optional<ModelBundle> known(String digest) {
    return Optional.ofNullable(served.version(digest).orElse(seen.get(digest)));
  }

  /** Once for whatever is missing, until the next regular time. */
  private boolean lookAgain(String wanted) {
    if (!missing.add(wanted)) {
      return false;
    }
    try {
      read();
      return true;
    } catch (IOException e) {
      LOG.warn("{} cannot be read to look for {}", source.directory(), wanted, e);
      return false;
    }
  }

  @Override
  public void close() {
    synchronized (SHARED) {
      if (--users == 0) {
        SHARED.remove(source);
        refresher.shutdownNow();
      }
    }
  }
}
