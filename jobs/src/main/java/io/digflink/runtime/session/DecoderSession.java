package io.digflink.runtime.session;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.digflink.runtime.sampling.LatentShape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The decoder graph on a device: {@code latent} [N,C,H,W] as the denoiser leaves it into {@code
 * image} [N,c,sH,sW] of which [−1, 1] is what is shown. Not thread-safe: its buffers are used
 * again.
 */
public final class DecoderSession implements AutoCloseable {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final SessionPool.Lease lease;
  private final int scale;
  private final int channels;
  private FloatBuffer input = FloatBuffer.allocate(0);
  private FloatBuffer output = FloatBuffer.allocate(0);

  private DecoderSession(SessionPool.Lease lease, int scale, int channels) {
    this.lease = lease;
    this.scale = scale;
    this.channels = channels;
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
        SessionPool.shared().acquire(graph, device, threads), scale, channels);
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
    input = ensure(input, count * shape.size());
    output = ensure(output, count * imageSize);
    for (int i = 0; i < count; i++) {
      input.put(i * shape.size(), latents.get(i));
    }
    long[] latentShape = {count, shape.channels(), shape.height(), shape.width()};
    long[] imageShape = {count, channels, height, width};
    FloatBuffer in = input.slice(0, count * shape.size());
    FloatBuffer out = output.slice(0, count * imageSize);
    try (OnnxTensor latent = OnnxTensor.createTensor(environment, in, latentShape);
        OnnxTensor image = OnnxTensor.createTensor(environment, out, imageShape)) {
      GraphRun.run(lease.session(), Map.of("latent", latent), "image", image);
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
    if (buffer.capacity() >= size) {
      return buffer;
    }
    return ByteBuffer.allocateDirect(Math.multiplyExact(size, Float.BYTES))
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  @Override
  public void close() {
    lease.close();
  }
}
