package io.digflink.lab.faults;

import io.digflink.lab.cluster.JvmProcess;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;

/**
 * The broker is stopped and comes back without half of an older segment of the images' topic, as
 * after a disk error on the only replica. Nothing can bring these images back: their requests are
 * done, for the job and for its checkpoints.
 */
final class TruncatedSegment implements Fault {
  private static final String SEGMENT_MILLIS = "2000";
  private static final Duration LONGEST_ROLL = Duration.ofSeconds(180);

  @Override
  public long strike(FaultRun run) throws Exception {
    JvmProcess broker = run.stack().kafka().process();
    String topic = run.topics().images();
    rollEachFewSeconds(run, topic);
    Path logs = run.stack().kafkaDirectory().resolve("logs");
    Wait.until(
        "an older segment with images of " + topic,
        LONGEST_ROLL,
        () -> Files.size(olderSegment(logs, topic)) > 0);
    broker.signal("TERM");
    broker.awaitEnd();
    Path segment = olderSegment(logs, topic);
    try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() / 2);
    }
    broker.start();
    return System.currentTimeMillis();
  }

  private static void rollEachFewSeconds(FaultRun run, String topic) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    ConfigEntry entry = new ConfigEntry(TopicConfig.SEGMENT_MS_CONFIG, SEGMENT_MILLIS);
    try (Admin admin = Admin.create(run.stack().kafka().client())) {
      admin
          .incrementalAlterConfigs(
              Map.of(resource, List.of(new AlterConfigOp(entry, AlterConfigOp.OpType.SET))))
          .all()
          .get();
    }
  }

  /** The largest segment of the topic's partitions that is written no more. */
  private static Path olderSegment(Path logs, String topic) throws IOException {
    try (Stream<Path> partitions = Files.list(logs)) {
      return partitions
          .filter(partition -> partition.getFileName().toString().startsWith(topic + "-"))
          .flatMap(TruncatedSegment::olderSegments)
          .max(Comparator.comparingLong(segment -> segment.toFile().length()))
          .orElseThrow(() -> new IOException("Expected an older segment of " + topic));
    }
  }

  private static Stream<Path> olderSegments(Path partition) {
    try (Stream<Path> files = Files.list(partition)) {
      List<Path> segments =
          files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
      return segments.subList(0, Math.max(0, segments.size() - 1)).stream();
    } catch (IOException e) {
      return Stream.empty();
    }
  }
}
