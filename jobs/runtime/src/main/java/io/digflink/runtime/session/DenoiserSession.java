package io.digflink.runtime.session;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.digflink.operators.OnnxRuntime;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.sampling.RowBatch;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The denoiser graph on a device: {@code latent} [N,C,H,W], {@code timestep} [N] and, in a model of
 * classes, {@code label} [N] into {@code output} [N,C or 2C,H,W].
 */
public final class DenoiserSession implements AutoCloseable {
  private final OrtEnvironment environment = OnnxRuntime.environment();
  private final SessionPool.Lease lease;

  private DenoiserSession(SessionPool.Lease lease) {
    this.lease = lease;
  }

  /**
   * Leases the session of a graph.
   *
   * @param threads see {@link SessionPool#acquire}
   */
  public static DenoiserSession open(Path graph, Device device, int threads)
      throws SessionException {
    return new DenoiserSession(SessionPool.shared().acquire(graph, device, threads));
  }

  /**
   * Runs the rows of a batch and leaves the output in it.
   *
   * @throws OutOfDeviceMemoryException if the batch is too large for the device
   * @throws SessionException if the run fails for another reason
   */
  public void run(RowBatch batch) throws SessionException {
    LatentShape shape = batch.shape();
    long rows = batch.rows();
    long[] latentShape = {rows, shape.channels(), shape.height(), shape.width()};
    long[] outputShape = {rows, batch.outputSize() / shape.plane(), shape.height(), shape.width()};
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try (OnnxTensor latent = OnnxTensor.createTensor(environment, batch.latents(), latentShape);
        OnnxTensor timestep =
            OnnxTensor.createTensor(environment, batch.timesteps(), new long[] {rows});
        OnnxTensor label =
            batch.labels() == null
                ? null
                : OnnxTensor.createTensor(environment, batch.labels(), new long[] {rows});
        OnnxTensor output = OnnxTensor.createTensor(environment, batch.output(), outputShape)) {
      inputs.put("latent", latent);
      inputs.put("timestep", timestep);
      if (label != null) {
        inputs.put("label", label);
      }
      lease.run(inputs, "output", output);
    } catch (OrtException e) {
      throw GraphRun.translate(e);
    }
  }

  /** Whether the next run need not open the session again; see {@link SessionPool}. */
  public boolean isOpen() {
    return lease.isOpen();
  }

  @Override
  public void close() {
    lease.close();
  }
}
