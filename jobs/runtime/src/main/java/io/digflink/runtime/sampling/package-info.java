/**
 * From noise to a clean latent: schedules, samplers, guidance, trajectories and the batches they
 * meet in.
 */
package io.digflink.runtime.sampling;
