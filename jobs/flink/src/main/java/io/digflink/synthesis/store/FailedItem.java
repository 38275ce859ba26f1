package io.digflink.synthesis.store;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * Images that could not be made: a line of {@code failed.jsonl}.
 *
 * @param request number of the request that stood for them
 * @param index the first one's place in the data set
 * @param images how many
 * @param reason reason code, as in RejectedRequest
 * @param message what was wrong
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record FailedItem(long request, long index, long images, String reason, String message) {}
