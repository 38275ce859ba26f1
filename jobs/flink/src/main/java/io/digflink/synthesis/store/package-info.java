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
 *     failed/              images that could not be made
 *     rows/00007.jsonl     its lines of metadata.jsonl, for an image folder
 *     sheet/               images of the contact sheet
 *     requests             what a topic held at the first start
 * </pre>
 */
package io.digflink.synthesis.store;
