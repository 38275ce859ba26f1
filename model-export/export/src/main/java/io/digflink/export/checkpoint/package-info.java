/**
 * Reads trained weights as data: PyTorch archives, safetensors files and diffusers directories.
 *
 * <p>Nothing in a checkpoint is ever executed. The pickle inside a PyTorch archive goes through an
 * interpreter that knows tensors, containers, numbers and strings, and refuses anything else by
 * name. Weights stay in the file, mapped, until they are copied out.
 */
package io.digflink.export.checkpoint;
