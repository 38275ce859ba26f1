/**
 * The architectures: one file for each one's own parts, and the parts that they share.
 *
 * <p>Tokens are kept in row-major order throughout. N is the batch, T the number of tokens, D the
 * hidden size, (h, w) the token grid.
 */
package io.digflink.export.arch;
