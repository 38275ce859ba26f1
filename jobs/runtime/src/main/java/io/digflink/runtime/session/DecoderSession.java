package io.digflink.runtime.session;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.digflink.operators.HostMemory;
import io.digflink.operators.OnnxRuntime;
import io.digflink.runtime.sampling.LatentShape;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The decoder graph on a device: {@code latent} [N,C,H,W] as the denoiser leaves it into {@code
 * image} [N,c,sH,sW], displayed from −1 to 1. Not thread-safe: its buffers are reused.
 *
 * <p>On a GPU all runs of a latent shape have the same number of rows, for two reasons. For a new
 * number cuDNN plans all convolutions again, which takes longer (0.17 s on an H100) than the rows
 * themselves (2 ms each at 256² pixels). And it may choose other kernels, so that an image would
 * depend on how many are decoded with it.
 */
public final class DecoderSession implements AutoCloseable {
  /**
   * Pixels of a full run on a GPU: more bring little, and empty rows of larger images cost much.
   */
  private static final int FULL_PIXELS = 8 * 256 * 256;

  private final OrtEnvironment environment = OnnxRuntime.environment();
  private final SessionPool.Lease lease;
  private final int scale;
  private final int channels;
  private final boolean evenRows;
  private FloatBuffer input = FloatBuffer.allocate(0);
  private FloatBuffer output = FloatBuffer.allocate(0);

  DecoderSession(SessionPool.Lease lease, int scale, int channels, boolean evenRows) {
    this.lease = lease;
    this.scale = scale;
    this.channels = channels;
    this.evenRows = evenRows;
  }

  /**
   * Leases the session of a graph.
   *
   * @param scale image pixels per latent cell, in each direction
   * @param channels channels of an image
   * @param threads see {@link SessionPool#acquire}
   */
  public static DecoderSession open(Path graph, int scale, int channels, Device device, int threads)
      throws SessionException {
    return new DecoderSession(
        SessionPool.shared().acquire(graph, device, threads), scale, channels, device.isCuda());
  }

  /**
   * The most latents of a shape that one run is given.
   *
   * @param limit the most of any shape
   */
  public int batchSize(LatentShape shape, int limit) {
    long pixels = (long) scale * scale * shape.plane();
    return evenRows ? (int) Math.max(1, Math.min(limit, FULL_PIXELS / pixels)) : limit;
  }

  /** Rows of a run of so many latents. */
  public int rows(int count, LatentShape shape, int limit) {
    return evenRows ? Math.max(count, batchSize(shape, limit)) : count;
  }

  /**
   * Decodes a batch.
   *
   * @param latents each [C, H, W] as the denoiser leaves it
   * @param shape C, H, W
   * @param limit as for {@link #batchSize}
   * @return images of [c, s·H, s·W], displayed from −1 to 1
   * @throws OutOfDeviceMemoryException if the device has too little memory for this batch
   * @throws SessionException if the run fails for another reason
   */
  public float[][] run(List<float[]> latents, LatentShape shape, int limit)
      throws SessionException {
    int count = latents.size();
    int height = scale * shape.height();
    int width = scale * shape.width();
    int imageSize = channels * height * width;
    int rows = rows(count, shape, limit);
    input = ensure(input, rows * shape.size());
    output = ensure(output, rows * imageSize);
    for (int i = 0; i < count; i++) {
      input.put(i * shape.size(), latents.get(i));
    }
    long[] latentShape = {rows, shape.channels(), shape.height(), shape.width()};
    long[] imageShape = {rows, channels, height, width};
    FloatBuffer in = input.slice(0, rows * shape.size());
    FloatBuffer out = output.slice(0, rows * imageSize);
    try (OnnxTensor latent = OnnxTensor.createTensor(environment, in, latentShape);
        OnnxTensor image = OnnxTensor.createTensor(environment, out, imageShape)) {
      lease.run(Map.of("latent", latent), "image", image);
    } catch (OrtException e) {
      throw GraphRun.translate(e);
    }
    float[][] images = new float[count][imageSize];
    for (int i = 0; i < count; i++) {
      out.get(i * imageSize, images[i]);
    }
    return images;
  }

  private static FloatBuffer ensure(FloatBuffer buffer, int size) {
    return buffer.capacity() >= size
        ? buffer
        : HostMemory.direct(Math.multiplyExact(size, Float.BYTES)).asFloatBuffer();
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
