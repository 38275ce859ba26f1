package io.digflink.jobs.model;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.session.SessionException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The sessions of one subtask, one for each bundle. The thread that reads the model directory
 * prepares new ones, while the task goes on with those that are there.
 *
 * @param <S> the kind of session
 */
final class StageSessions<S extends AutoCloseable> implements BundleReader.Preparation {
  /** After so long without a run, a session of a bundle that is not served any more is closed. */
  private static final Duration LINGER = Duration.ofMinutes(5);

  private final Opener<S> opener;
  private final Map<String, Opened<S>> sessions = new ConcurrentHashMap<>();
  private boolean closed;

  /** Opens sessions. */
  interface Opener<S> {
    /** Opens the session of a bundle. */
    S open(ModelBundle bundle) throws SessionException;

    /** Whether a run would wait for no session to be opened. */
    boolean isOpen(S session);

    /** Warms a session up and says how many rows suit it, on latents of the bundle's own size. */
    int suitableRows(ModelBundle bundle, S session) throws SessionException;
  }

  /** A session and the rows that suit it. */
  private static final class Opened<S> {
    private final S session;
    private final int rows;
    private long usedAt = System.nanoTime();

    Opened(S session, int rows) {
      this.session = session;
      this.rows = rows;
    }
  }

  StageSessions(Opener<S> opener) {
    this.opener = opener;
  }

  @Override
  public void prepare(ModelBundle bundle) throws SessionException {
    if (sessions.containsKey(bundle.digest())) {
      return;
    }
    S session = opener.open(bundle);
    boolean kept = false;
    try {
      int rows = opener.suitableRows(bundle, session);
      kept = keep(bundle.digest(), new Opened<>(session, rows));
    } finally {
      if (!kept) {
        close(session);
      }
    }
  }

  /** Whether it is kept: there may be one already, or the subtask may have ended. */
  private synchronized boolean keep(String digest, Opened<S> opened) {
    return !closed && sessions.putIfAbsent(digest, opened) == null;
  }

  /** The session of a bundle, opened if it is not. */
  S of(ModelBundle bundle) throws SessionException {
    prepare(bundle);
    Opened<S> opened = sessions.get(bundle.digest());
    opened.usedAt = System.nanoTime();
    return opened.session;
  }

  /** Rows that suit a bundle whose session is open. */
  int rows(String digest) {
    Opened<S> opened = sessions.get(digest);
    if (opened == null) {
      throw new IllegalStateException("Expected an open session of bundle " + digest);
    }
    return opened.rows;
  }

  /** Whether a run of a bundle would wait for no session to be opened. */
  boolean isOpen(String digest) {
    Opened<S> opened = sessions.get(digest);
    return opened != null && opener.isOpen(opened.session);
  }

  /** The same, or 0 where there is no session. */
  int suitableRows(String digest) {
    Opened<S> opened = sessions.get(digest);
    return opened == null ? 0 : opened.rows;
  }

  /** Closes what is not served and has long been idle; to be called while nothing runs. */
  void closeIdle(Bundles served) {
    long now = System.nanoTime();
    sessions.forEach(
        (digest, opened) -> {
          if (served.version(digest).isEmpty() && now - opened.usedAt > LINGER.toNanos()) {
            sessions.remove(digest);
            close(opened.session);
          }
        });
  }

  synchronized void closeAll() {
    closed = true;
    sessions.values().forEach(opened -> close(opened.session));
    sessions.clear();
  }

  private static void close(AutoCloseable session) {
    try {
      session.close();
    } catch (Exception e) {
      throw new IllegalStateException("A lease is given back without failing", e);
    }
  }
}
