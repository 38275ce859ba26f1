/** The Decode operator: turns clean latents into image files, in micro-batches and in order. */
package io.digflink.jobs.decode;
