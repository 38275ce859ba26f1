package io.digflink.lab.faults;

import java.util.List;

/** The topics of one run. */
public record RunTopics(
    String requests, String images, String progress, String rejected, String cancellations) {

  /** Topics that start with a name. */
  public static RunTopics of(String name) {
    return new RunTopics(
        name + ".requests",
        name + ".images",
        name + ".progress",
        name + ".rejected",
        name + ".cancellations");
  }

  /** Their names. */
  public List<String> names() {
    return List.of(requests, images, progress, rejected, cancellations);
  }

  /** The job's options that name them. */
  public List<String> arguments() {
    return List.of(
        "--topics.requests=" + requests,
        "--topics.images=" + images,
        "--topics.progress=" + progress,
        "--topics.rejected=" + rejected,
        "--topics.cancellations=" + cancellations);
  }
}
