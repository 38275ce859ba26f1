package io.digflink.jobs.denoise;

/**
 * What Denoise hands to Decode.
 *
 * @param image an image
 * @param key of its portion: what has one key goes to one subtask of Decode
 */
public record Handover(DenoisedImage image, String key) {}
