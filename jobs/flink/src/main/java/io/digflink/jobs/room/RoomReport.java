package io.digflink.jobs.room;

import org.apache.flink.runtime.operators.coordination.OperatorEvent;

/**
 * What a subtask of the stage that holds elements tells the {@link RoomCoordinator}.
 *
 * @param isAvailable whether it takes further elements
 * @param isEmpty whether it holds none
 * @param received elements that have ever reached it
 * @param requestsWaiting requests that wait in it; of one in parts, the share that waits
 */
record RoomReport(boolean isAvailable, boolean isEmpty, long received, double requestsWaiting)
    implements OperatorEvent {}
