package io.digflink.jobs.model;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.SuitableBatches;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import io.digflink.runtime.session.SessionPool;
import java.io.IOException;
import java.util.Optional;

/**
 * What a subtask of Denoise or Decode knows of the models: the bundles that are served, and on its
 * device a session of each.
 *
 * @param <S> the kind of session
 */
public final class ServedModels<S extends AutoCloseable> implements AutoCloseable {
  private static final int LEAST_ROWS = SuitableBatches.LEAST_ROWS;

  private final ServedBundles bundles;
  private final StageSessions<S> sessions;
  private final int rows;
  private final int leastRows;
  private final int mostRows;

  private ServedModels(
      ServedBundles bundles,
      StageSessions.Opener<S> opener,
      int rows,
      int leastRows,
      int mostRows) {
    this.bundles = bundles;
    this.sessions = new StageSessions<>(opener);
    this.rows = rows;
    this.leastRows = leastRows;
    this.mostRows = mostRows;
  }

  /**
   * The models with their denoisers.
   *
   * @param device where the sessions are
   * @param rows most rows of a run; 0: as many as are measured to suit
   * @throws IOException if there is no bundle to serve
   */
  public static ServedModels<DenoiserSession> denoisers(
      ModelSettings settings, Device device, int rows) throws IOException {
    SessionPool.shared().setBudget(settings.memory());
    StageSessions.Opener<DenoiserSession> opener =
        new StageSessions.Opener<>() {
          @Override
          public DenoiserSession open(ModelBundle bundle) throws SessionException {
            BundleMemory.check(bundle, device, settings.memory());
            return bundle.openDenoiser(device, settings.intraOpThreads());
          }

          @Override
          public boolean isOpen(DenoiserSession session) {
            return session.isOpen();
          }

          @Override
          public int suitableRows(ModelBundle bundle, DenoiserSession session)
              throws SessionException {
            if (rows > 0) {
              SuitableBatches.warmUp(bundle, session, device.isCuda() ? rows : LEAST_ROWS);
              return rows;
            }
            return SuitableBatches.denoiserRows(
                bundle, session, device, settings.intraOpThreads(), settings.longestStep());
          }
        };
    return new ServedModels<>(
        ServedBundles.open(settings), opener, rows, LEAST_ROWS, SuitableBatches.mostRows(device));
  }

  /**
   * The models with their decoders.
   *
   * @param device where the sessions are
   * @param latents most latents of a run; 0: as many as suit
   * @throws IOException if there is no bundle to serve
   */
  public static ServedModels<DecoderSession> decoders(
      ModelSettings settings, Device device, int latents) throws IOException {
    StageSessions.Opener<DecoderSession> opener =
        new StageSessions.Opener<>() {
          @Override
          public DecoderSession open(ModelBundle bundle) throws SessionException {
            BundleMemory.check(bundle, device, settings.memory());
            return bundle.openDecoder(device, settings.intraOpThreads());
          }

          @Override
          public boolean isOpen(DecoderSession session) {
            return session.isOpen();
          }

          @Override
          public int suitableRows(ModelBundle bundle, DecoderSession session)
              throws SessionException {
            if (latents > 0) {
              SuitableBatches.warmUp(bundle, session, latents);
              return latents;
            }
            return SuitableBatches.decoderLatents(
                bundle, session, device, settings.intraOpThreads(), settings.longestStep());
          }
        };
    SessionPool.shared().setBudget(settings.memory());
    return new ServedModels<>(
        ServedBundles.open(settings), opener, latents, 1, SuitableBatches.MOST_LATENTS);
  }

  /**
   * Opens a session of every bundle and has those to come prepared before they are served. A bundle
   * that does not run is refused.
   *
   * @throws IOException if none runs
   */
  public void open() throws IOException {
    bundles.addPreparation(sessions);
    for (ModelBundle bundle : bundles.now().all()) {
      try {
        sessions.prepare(bundle);
      } catch (SessionException e) {
        bundles.refuse(bundle, e.getMessage());
      }
    }
    bundles.requireSome();
  }

  /** What is served now. */
  public Bundles now() {
    return bundles.now();
  }

  /** Whether the model directory could not be read the last time. */
  public boolean isDirectoryUnreadable() {
    return bundles.isUnreadable();
  }

  /** Whether a run of a bundle would wait for no session to be opened. */
  public boolean isOpen(String digest) {
    return sessions.isOpen(digest);
  }

  /** The rows that suit a bundle, on latents of its own size; 0 if it has no session here. */
  public int suitableRows(String digest) {
    return sessions.suitableRows(digest);
  }

  /** What a request asks for, by a name or a reference to one version. */
  public Optional<ModelBundle> find(String model) {
    return bundles.find(model);
  }

  /** The bundle of a digest that is served, or was since this JVM's operators began. */
  public Optional<ModelBundle> version(String digest) {
    return bundles.version(digest);
  }

  /**
   * The session of a bundle, opened if it is not; to be called while nothing runs.
   *
   * @throws SessionException if it cannot be opened
   */
  public S session(ModelBundle bundle) throws SessionException {
    sessions.closeIdle(bundles.now());
    return sessions.of(bundle);
  }

  /**
   * Most rows of a run on latents of a shape; the session of the bundle is open.
   *
   * @param digest of the bundle
   */
  public int rows(String digest, LatentShape shape) {
    if (rows > 0) {
      return rows;
    }
    ModelBundle bundle = version(digest).orElseThrow();
    return SuitableBatches.scaled(
        sessions.rows(digest), bundle.latentShape(), shape, leastRows, mostRows);
  }

  @Override
  public void close() {
    bundles.removePreparation(sessions);
    sessions.closeAll();
    bundles.close();
  }
}
