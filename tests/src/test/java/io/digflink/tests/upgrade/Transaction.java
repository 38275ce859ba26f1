package io.digflink.tests.upgrade;

/**
 * A transaction that was open when a state was taken.
 *
 * @param producerId the broker's number for the producer
 * @param transactionalId the producer's name
 */
record Transaction(long producerId, String transactionalId) {}
