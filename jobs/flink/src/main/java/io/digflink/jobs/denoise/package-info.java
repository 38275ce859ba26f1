/**
 * The Denoise operator: continuous batching of diffusion trajectories.
 *
 * <pre>
 *   AdmittedRequest ─► InFlight ─ StepBatcher ─► DenoiseRun (device thread) ─► DenoisedImage
 *                      │ requests waiting, images at any of their steps
 *                      └ HeldRequest ─ HeldRequestSerializer ─ operator state
 * </pre>
 */
package io.digflink.jobs.denoise;
