package io.digflink.tests.upgrade;

import java.util.List;
import java.util.Map;

/**
 * What a savepoint or checkpoint holds, as the release that wrote it found when it did.
 *
 * @param parallelism of the job
 * @param options of the job that were not the defaults
 * @param committed images of each request that readers of the topic had; always the first ones
 * @param begun images of each request that had begun: in flight or gone
 * @param imagesInFlight images in flight, as request/index, and the steps that each had taken
 * @param latentsWaiting images in the state of Decode, as request/index
 * @param channelBytes bytes in channels: images between Denoise and Decode, in a checkpoint
 * @param requestsWaiting requests held of which images had not begun
 * @param requestsUnread requests that the job had not taken from the topic
 * @param uncommitted transactions that brokers have to commit when the state is restored
 * @param stepsLeft denoising steps of all images after those that had been taken
 */
record RecordedState(
    int parallelism,
    Map<String, String> options,
    Map<String, Integer> committed,
    Map<String, Integer> begun,
    Map<String, Integer> imagesInFlight,
    List<String> latentsWaiting,
    long channelBytes,
    List<String> requestsWaiting,
    List<String> requestsUnread,
    List<Transaction> uncommitted,
    long stepsLeft) {}
