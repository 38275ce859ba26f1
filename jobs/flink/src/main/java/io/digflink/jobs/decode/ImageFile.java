package io.digflink.jobs.decode;

/**
 * An encoded image.
 *
 * @param content its bytes, or null when it was put aside
 * @param uri where it lies when it was put aside, or null
 * @param size its length in bytes
 * @param sha256 its digest, lower-case hexadecimal
 */
record ImageFile(byte[] content, String uri, int size, String sha256) {}
