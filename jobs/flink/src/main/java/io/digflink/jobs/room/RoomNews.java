package io.digflink.jobs.room;

import org.apache.flink.runtime.operators.coordination.OperatorEvent;

/**
 * What the {@link RoomCoordinator} tells every subtask.
 *
 * @param isAvailable whether the stage that holds elements takes further ones
 * @param isEnding whether some input has ended, so that reports of emptiness count from now on
 * @param isDrained whether all inputs have ended and nothing of them is held or under way
 * @param requestsWaiting requests that wait in the stage that holds elements, for each sender its
 *     equal part of them
 */
record RoomNews(boolean isAvailable, boolean isEnding, boolean isDrained, double requestsWaiting)
    implements OperatorEvent {}
