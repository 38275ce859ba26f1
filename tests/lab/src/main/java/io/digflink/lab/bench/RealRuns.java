package io.digflink.lab.bench;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.sampling.RowBatch;
import io.digflink.runtime.sampling.Trajectory;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs of the denoiser with the samplers' work, timed. */
final class RealRuns implements BatchingServer.Runs, AutoCloseable {
  // A long trajectory, so that few begin while runs are timed.
  private static final int STEPS = 100;

  private final ModelBundle bundle;
  private final DenoiserSession session;
  private final RowBatch batch;
  private final Map<InService, Trajectory> trajectories = new HashMap<>();

  RealRuns(ModelBundle bundle, Device device, int maxRows) throws SessionException {
    this.bundle = bundle;
    this.session = bundle.openDenoiser(device, 0);
    this.batch = new RowBatch(maxRows, bundle.latentShape(), bundle.diffusion());
  }

  @Override
  public double step(List<InService> serving) throws SessionException {
    List<Trajectory> members = new ArrayList<>();
    for (InService served : serving) {
      members.add(
          trajectories.computeIfAbsent(
              served, begun -> bundle.diffusion().begin(begun.arrival().spec())));
    }
    double seconds = step(members);
    serving.stream()
        .filter(served -> trajectories.get(served).isDone())
        .forEach(trajectories::remove);
    return seconds;
  }

  private double step(Iterable<Trajectory> members) throws SessionException {
    long start = System.nanoTime();
    batch.clear();
    for (Trajectory member : members) {
      batch.add(member);
    }
    session.run(batch);
    batch.advance();
    return (System.nanoTime() - start) / 1e9;
  }

  /** Seconds of a run of so many rows, of guided images as far as they go. */
  double time(int rows) throws SessionException {
    List<Trajectory> members = new ArrayList<>();
    for (int taken = 0; taken < rows; ) {
      boolean guided = rows - taken > 1 && Arrival.isGuidable(bundle);
      members.add(bundle.diffusion().begin(Arrival.spec(bundle, members.size(), STEPS, guided)));
      taken += guided ? 2 : 1;
    }
    return step(members);
  }

  @Override
  public void close() {
    session.close();
  }
}
