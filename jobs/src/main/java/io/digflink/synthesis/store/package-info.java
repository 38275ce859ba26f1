/**
 * The output directory while a data set is being made: what is done already survives the end of the
 * process at any moment.
 *
 * <pre>
 * DIR/
 *   …                      finished files of the data set
 *   .synthesis/            gone when the data set is complete
 *     identity.json        what is being made; another identity is refused
 *     lock                 held by the process at work
 *     spool/00007.spool    images of shard 7 in the order they came
 *     shards/00007.json    shard 7 is finished: rows, files, sizes, digests
 *     failed/00007.jsonl   images of shard 7 that could not be made
 *     samples/000012.png   images of the contact sheet
 * </pre>
 */
package io.digflink.synthesis.store;
