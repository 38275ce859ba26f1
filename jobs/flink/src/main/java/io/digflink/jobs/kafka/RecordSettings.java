package io.digflink.jobs.kafka;

import io.digflink.schemas.codec.WireFormat;
import java.io.Serializable;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/**
 * What the records of the job's topics are like.
 *
 * @param format of images, progress and rejects; requests may have any
 * @param forwardedHeaders names of headers that answers repeat, besides {@link
 *     ForwardedHeaders#ALWAYS}
 * @param registryUrl of the schema registry that records in Confluent's wire format need; null for
 *     none
 */
public record RecordSettings(WireFormat format, Set<String> forwardedHeaders, String registryUrl)
    implements Serializable {
  public RecordSettings {
    Objects.requireNonNull(format, "format");
    if (format == WireFormat.CONFLUENT && registryUrl == null) {
      throw new IllegalArgumentException(
          "Expected schemas.registry.url with topics.format confluent, found none: give"
              + " --schemas.registry.url");
    }
    forwardedHeaders = Set.copyOf(forwardedHeaders);
    for (String name : forwardedHeaders) {
      if (RecordHeaders.OWN.contains(name.toLowerCase(Locale.ROOT))) {
        throw new IllegalArgumentException(
            "Expected headers.forward without the headers that the job writes itself "
                + RecordHeaders.OWN
                + ", found "
                + name);
      }
    }
  }
}
