package io.digflink.tests.upgrade;

/**
 * A transaction that was open when a state was taken.
 *
 * @param producerId the broker's number for the producer
 * @param transactionalId the producer's name
 * @param epoch how many transactions of the producer had ended before it; 0 in what 0.1.0 recorded
 */
record Transaction(long producerId, String transactionalId, int epoch) {}
