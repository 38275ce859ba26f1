/**
 * Naive forward passes in double precision, one sample at a time, written from the papers and the
 * official code's order of operations: tokens are really flipped, grids really transposed, the
 * recurrence really a loop over time. Shares nothing with what it judges but the checkpoint reader.
 */
package io.digflink.export.oracle;
