package io.digflink.jobs.room;

import org.apache.flink.runtime.operators.coordination.OperatorEvent;

/**
 * A subtask behind a source has seen the end of its input.
 *
 * @param sent elements that it has ever sent
 */
record InputEnd(long sent) implements OperatorEvent {}
