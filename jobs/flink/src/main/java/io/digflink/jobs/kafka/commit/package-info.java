/**
 * Kafka sinks whose records survive the time-out of their transaction.
 *
 * <p>Flink commits a transaction after the checkpoint that it belongs to. A process that ends in
 * between leaves it to the next one; if that comes later than {@code transaction.timeout.ms}, the
 * brokers have aborted it, although the checkpoint says that its records are out. Those records are
 * still in the topic's log, where readers of committed records do not see them: the committer reads
 * them there and writes them again.
 */
package io.digflink.jobs.kafka.commit;
