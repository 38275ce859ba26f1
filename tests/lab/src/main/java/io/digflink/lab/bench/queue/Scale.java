package io.digflink.lab.bench.queue;

import io.digflink.runtime.model.ModelBundle;
import java.nio.file.Path;
import java.util.List;

/**
 * What is measured on, and how much.
 *
 * @param models directory of the bundle
 * @param bundle that is asked for
 * @param subtasks of the job
 * @param largeImages images of a request that others wait behind
 * @param probes requests that wait
 * @param seconds of tenants side by side
 * @param splitImages images of the request that all subtasks share
 * @param streamSeconds of a stream of requests with deadlines
 * @param places denoise.max-in-flight under that stream; 0: the job's default
 * @param waits milliseconds of denoise.batch-wait
 */
record Scale(
    Path models,
    ModelBundle bundle,
    int subtasks,
    int largeImages,
    int probes,
    int seconds,
    int splitImages,
    int streamSeconds,
    int places,
    List<Integer> waits) {}
