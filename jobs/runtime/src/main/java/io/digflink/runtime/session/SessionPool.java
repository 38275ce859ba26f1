package io.digflink.runtime.session;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ONNX Runtime sessions of this JVM: one per graph, device and number of threads, shared by all
 * leases and closed with the last one. Sessions may run on many threads at once.
 *
 * <p>Where a device has a budget, an idle session is closed to make room for another, the one that
 * was used least recently first; it is opened again at its next run. Should all be in use, the run
 * waits for one of them to end.
 */
public final class SessionPool {
  private static final Logger LOG = LoggerFactory.getLogger(SessionPool.class);
  private static final SessionPool SHARED = new SessionPool();

  private final Map<SessionKey, Shared> sessions = new HashMap<>();
  private final Map<Device, PoolFigures> figures = new HashMap<>();
  private long budget;
  private long clock;

  private SessionPool() {}

  /** The pool of this JVM. */
  public static SessionPool shared() {
    return SHARED;
  }

  /**
   * Sets the budget of each device.
   *
   * @param bytes that the open sessions of a device may reserve, see {@link SessionMemory}; 0: any
   */
  public synchronized void setBudget(long bytes) {
    budget = bytes;
  }

  /**
   * Leases the session of a graph, making it if there is none.
   *
   * @param graph an ONNX file
   * @param threads threads that one run may use on the CPU; 0 leaves it to ONNX Runtime: one per
   *     core
   * @throws SessionException if there is no such graph or device, or the session is larger than the
   *     device's budget
   */
  public Lease acquire(Path graph, Device device, int threads) throws SessionException {
    Path file = graph.toAbsolutePath().normalize();
    SessionKey key = SessionKey.of(file, device, threads);
    Shared shared;
    synchronized (this) {
      shared = sessions.computeIfAbsent(key, absent -> new Shared(absent, file));
      shared.leases++;
    }
    Lease lease = new Lease(shared);
    try {
      begin(shared);
      end(shared, 0);
    } catch (SessionException e) {
      lease.close();
      throw e;
    }
    return lease;
  }

  /** Sessions that somebody holds, open or not. */
  public synchronized int size() {
    return sessions.size();
  }

  /** What a device has done and holds. */
  public synchronized PoolFigures figures(Device device) {
    return figures.computeIfAbsent(device, key -> new PoolFigures());
  }

  /** The session, which stays open until {@link #end}. */
  private OrtSession begin(Shared shared) throws SessionException {
    long limit;
    synchronized (this) {
      while (shared.session == null && (shared.isOpening || !hasRoom(shared))) {
        await();
      }
      shared.usedAt = clock++;
      if (shared.session != null) {
        shared.running++;
        return shared.session;
      }
      shared.isOpening = true;
      limit = budget == 0 ? 0 : shared.bytes;
    }
    OrtSession opened = null;
    try {
      opened = shared.key.open(shared.graph, limit);
      return opened;
    } finally {
      opened(shared, opened);
    }
  }

  private synchronized void opened(Shared shared, OrtSession session) {
    shared.isOpening = false;
    shared.session = session;
    if (session != null) {
      shared.running++;
      figures(shared.key.device()).opened(shared.bytes);
      LOG.info("Session of {} on {} made", shared.graph, shared.key.device());
    }
    notifyAll();
  }

  private synchronized void end(Shared shared, long nanos) {
    shared.running--;
    figures(shared.key.device()).ran(nanos);
    if (shared.leases == 0 && shared.isIdle()) {
      close(shared);
    }
    notifyAll();
  }

  /** Whether a session may be opened now, after idle ones have been closed for it. */
  private boolean hasRoom(Shared wanted) throws SessionException {
    Device device = wanted.key.device();
    if (budget > 0 && wanted.bytes > budget) {
      throw new SessionException(
          String.format(
              "Expected sessions of at most %d MiB on %s, as models.memory says, found that of %s to"
                  + " need %d MiB: raise models.memory, or remove the model",
              budget >> 20, device, wanted.graph, wanted.bytes >> 20));
    }
    while (budget > 0 && reserved(device) + wanted.bytes > budget) {
      Optional<Shared> idle =
          sessions.values().stream()
              .filter(other -> other.key.device().equals(device) && other.isIdle())
              .min(Comparator.comparing(other -> other.usedAt));
      if (idle.isEmpty()) {
        return false;
      }
      close(idle.get());
    }
    return true;
  }

  private long reserved(Device device) {
    return sessions.values().stream()
        .filter(other -> other.key.device().equals(device))
        .filter(other -> other.session != null || other.isOpening)
        .mapToLong(other -> other.bytes)
        .sum();
  }

  private void await() throws SessionException {
    try {
      wait();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SessionException("Interrupted while waiting for a device's memory", e);
    }
  }

  private synchronized boolean isOpen(Shared shared) {
    return shared.session != null;
  }

  private synchronized void release(Shared shared) {
    if (--shared.leases > 0) {
      return;
    }
    sessions.remove(shared.key);
    if (shared.isIdle()) {
      close(shared); // else the run that goes on does so at its end
    }
    notifyAll();
  }

  private void close(Shared shared) {
    try {
      shared.session.close();
      LOG.info("Session of {} on {} closed", shared.graph, shared.key.device());
    } catch (OrtException e) {
      LOG.warn("Session of {} on {} did not close", shared.graph, shared.key.device(), e);
    }
    shared.session = null;
    figures(shared.key.device()).closed(shared.bytes);
  }

  /** The right to use a session until closed. */
  public static final class Lease implements AutoCloseable {
    private final Shared shared;
    private boolean closed;

    private Lease(Shared shared) {
      this.shared = shared;
    }

    /**
     * Runs the graph once, opening the session again if it was closed meanwhile.
     *
     * @throws OutOfDeviceMemoryException if the device has too little memory for this batch
     * @throws SessionException if the session cannot be opened, or the run fails for another reason
     */
    void run(Map<String, OnnxTensor> inputs, String outputName, OnnxTensor output)
        throws SessionException {
      OrtSession session = SHARED.begin(shared);
      long start = System.nanoTime();
      try {
        GraphRun.run(session, inputs, outputName, output);
      } finally {
        SHARED.end(shared, System.nanoTime() - start);
      }
    }

    boolean isOpen() {
      return SHARED.isOpen(shared);
    }

    /** Gives the session back; does nothing the second time. */
    @Override
    public void close() {
      if (!closed) {
        closed = true;
        SHARED.release(shared);
      }
    }
  }

  private static final class Shared {
    private final SessionKey key;
    private final Path graph;
    private final long bytes;
    private OrtSession session;
    private boolean isOpening;
    private int leases;
    private int running;
    private long usedAt;

    private Shared(SessionKey key, Path graph) {
      this.key = key;
      this.graph = graph;
      this.bytes = SessionMemory.of(graph, key.device());
    }

    private boolean isIdle() {
      return session != null && running == 0;
    }
  }
}
