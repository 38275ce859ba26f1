/**
 * Room across the network: how the source learns that the stage behind a shuffle is full, or has
 * ended what it had.
 */
package io.digflink.jobs.room;
