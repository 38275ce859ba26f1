package io.digflink.cli.gallery;

import io.digflink.schemas.registry.SchemaRegistry;
import java.util.List;
import java.util.Properties;

/**
 * What a gallery shows and where.
 *
 * @param client settings of Kafka clients, bootstrap.servers among them
 * @param registry for records in Confluent's wire format; null for none
 * @param topics it reads and writes
 * @param host the address of this machine that it listens on
 * @param port that it listens on; 0 for any that is free
 * @param images that it remembers; the oldest make room
 * @param model that the form suggests
 * @param classNames that the form suggests
 */
public record GallerySettings(
    Properties client,
    SchemaRegistry registry,
    Topics topics,
    String host,
    int port,
    int images,
    String model,
    List<String> classNames) {

  /** Images that are remembered unless told otherwise. */
  public static final int IMAGES = 1_000;

  /**
   * Kafka topics.
   *
   * @param requests read and written
   * @param images read
   * @param progress read
   * @param rejected read
   * @param previews read, if there is such a topic
   * @param cancellations read and written, if there is such a topic
   */
  public record Topics(
      String requests,
      String images,
      String progress,
      String rejected,
      String previews,
      String cancellations) {}

  public GallerySettings {
    classNames = List.copyOf(classNames);
    if (images < 1) {
      throw new IllegalArgumentException("Expected to remember 1 image or more, found " + images);
    }
  }
}
