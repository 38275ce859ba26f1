package io.digflink.jobs.decode;

/**
 * An encoded image.
 *
 * @param content its bytes, or null if it is stored elsewhere
 * @param uri where it is stored, or null if content has it
 * @param size its length in bytes
 * @param sha256 its digest, lower-case hexadecimal
 */
record ImageFile(byte[] content, String uri, int size, String sha256) {}
