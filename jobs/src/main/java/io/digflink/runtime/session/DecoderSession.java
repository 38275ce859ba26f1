package io.digflink.runtime.session;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.digflink.op.HostMemory;
import io.digflink.runtime.sampling.LatentShape;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The decoder graph on a device: {@code latent} [N,C,H,W] as the denoiser leaves it into {@code
 * image} [N,c,sH,sW] of which [−1, 1] is what is shown. Not thread-safe: its buffers are used
 * again.
 *
 * <p>On a GPU a batch is filled up to the largest one so far of its shape: for every other size
 * cuDNN plans all convolutions anew, which takes longer (0.17 s on an H100) than the rows (4 ms of
 * 256² pixels each).
 */
public final class DecoderSession implements AutoCloseable {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final SessionPool.Lease lease;
  private final int scale;
  private final int channels;
  private final boolean fillsUp;
  private FloatBuffer input = FloatBuffer.allocate(0);
  private FloatBuffer output = FloatBuffer.allocate(0);
  private LatentShape plannedShape;
  private int plannedRows;

  DecoderSession(SessionPool.Lease lease, int scale, int channels, boolean fillsUp) {
    this.lease = lease;
    this.scale = scale;
    this.channels = channels;
    this.fillsUp = fillsUp;
  }

  /**
   * Leases the session of a graph.
   *
   * @param scale image pixels a latent cell, in each direction
   * @param channels channels of an image
   * @param threads see {@link SessionPool#acquire}
   */
  public static DecoderSession open(Path graph, int scale, int channels, Device device, int threads)
      throws SessionException {
    return new DecoderSession(
        SessionPool.shared().acquire(graph, device, threads), scale, channels, device.isCuda());
  }

  /**
   * Decodes latents of one shape.
   *
   * @param latents the latents, [C, H, W] each
   * @return the images, [channels, scale·H, scale·W] each; [−1, 1] is what is shown
   * @throws OutOfDeviceMemoryException if the batch is too large for the device
   * @throws SessionException if the run fails for another reason
   */
  public float[][] run(List<float[]> latents, LatentShape shape) throws SessionException {
    int count = latents.size();
    int height = scale * shape.height();
    int width = scale * shape.width();
    int imageSize = channels * height * width;
    int rows = rowsFor(count, shape);
    input = ensure(input, rows * shape.size());
    output = ensure(output, rows * imageSize);
    for (int i = 0; i < count; i++) {
      input.put(i * shape.size(), latents.get(i));
    }
    plannedRows = 0; // Unless it succeeds.
    long[] latentShape = {rows, shape.channels(), shape.height(), shape.width()};
    long[] imageShape = {rows, channels, height, width};
    FloatBuffer in = input.slice(0, rows * shape.size());
    FloatBuffer out = output.slice(0, rows * imageSize);
    try (OnnxTensor latent = OnnxTensor.createTensor(environment, in, latentShape);
        OnnxTensor image = OnnxTensor.createTensor(environment, out, imageShape)) {
      GraphRun.run(lease.session(), Map.of("latent", latent), "image", image);
    } catch (OrtException e) {
      throw GraphRun.translate(e);
    }
    plannedShape = shape;
    plannedRows = rows;
    float[][] images = new float[count][imageSize];
    for (int i = 0; i < count; i++) {
      out.get(i * imageSize, images[i]);
    }
    return images;
  }

  /** Rows that its last run took, filled up or not; 0 if that failed. */
  int plannedRows() {
    return plannedRows;
  }

  private int rowsFor(int count, LatentShape shape) {
    return fillsUp && shape.equals(plannedShape) ? Math.max(count, plannedRows) : count;
  }

  private static FloatBuffer ensure(FloatBuffer buffer, int size) {
    return buffer.capacity() >= size
        ? buffer
        : HostMemory.direct(Math.multiplyExact(size, Float.BYTES)).asFloatBuffer();
  }

  @Override
  public void close() {
    lease.close();
  }
}
