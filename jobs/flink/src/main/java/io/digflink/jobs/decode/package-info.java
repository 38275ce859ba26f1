/** The Decode operator: clean latents into image files, in micro-batches, in their order. */
package io.digflink.jobs.decode;
