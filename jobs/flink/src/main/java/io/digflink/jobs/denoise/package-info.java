/**
 * The Denoise operator: continuous batching of diffusion trajectories.
 *
 * <pre>
 *   Portion ─► InFlight ─ StepBatcher ─► DenoiseRun (device thread) ─► DenoisedImage
 *              │ └ FairQueue: whose image begins next
 *              │ portions waiting, images at any of their steps
 *              └ HeldPortion ─ HeldPortionSerializer ─ operator state
 * </pre>
 */
package io.digflink.jobs.denoise;
