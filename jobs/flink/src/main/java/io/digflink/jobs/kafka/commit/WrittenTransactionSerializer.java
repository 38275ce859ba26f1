package io.digflink.jobs.kafka.commit;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.ByteUtils;

/**
 * Writes the connector's handle in the connector's own format, and offsets as differences. Version
 * 0.1.0 wrote the handle alone: those versions are the connector's.
 */
final class WrittenTransactionSerializer implements SimpleVersionedSerializer<WrittenTransaction> {
  /** Above every version number of the connector's. */
  private static final int VERSION = 100;

  private final SimpleVersionedSerializer<KafkaCommittable> handles;

  WrittenTransactionSerializer(SimpleVersionedSerializer<KafkaCommittable> handles) {
    this.handles = handles;
  }

  @Override
  public int getVersion() {
    return VERSION;
  }

  @Override
  public byte[] serialize(WrittenTransaction transaction) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(handles.getVersion());
    write(out, handles.serialize(transaction.transaction()));
    out.writeInt(transaction.offsets().size());
    for (Map.Entry<TopicPartition, long[]> partition : transaction.offsets().entrySet()) {
      write(out, partition.getKey().topic().getBytes(StandardCharsets.UTF_8));
      out.writeInt(partition.getKey().partition());
      out.writeInt(partition.getValue().length);
      long previous = 0;
      for (long offset : partition.getValue()) {
        ByteUtils.writeVarlong(offset - previous, out);
        previous = offset;
      }
    }
    return bytes.toByteArray();
  }

  @Override
  public WrittenTransaction deserialize(int version, byte[] serialized) throws IOException {
    if (version < VERSION) {
      return new WrittenTransaction(handles.deserialize(version, serialized), Map.of());
    }
    if (version > VERSION) {
      throw new IOException(
          "Expected a Kafka transaction in format "
              + VERSION
              + " or older, found format "
              + version
              + ": the state is of a newer version of dig-flink; run that one");
    }
    ByteBuffer in = ByteBuffer.wrap(serialized);
    int handleVersion = in.getInt();
    KafkaCommittable handle = handles.deserialize(handleVersion, read(in));
    Map<TopicPartition, long[]> offsets = new HashMap<>();
    for (int partitions = in.getInt(); partitions > 0; partitions--) {
      String topic = new String(read(in), StandardCharsets.UTF_8);
      TopicPartition partition = new TopicPartition(topic, in.getInt());
      long[] ofPartition = new long[in.getInt()];
      long previous = 0;
      for (int i = 0; i < ofPartition.length; i++) {
        previous += ByteUtils.readVarlong(in);
        ofPartition[i] = previous;
      }
      offsets.put(partition, ofPartition);
    }
    return new WrittenTransaction(handle, offsets);
  }

  private static void write(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static byte[] read(ByteBuffer in) {
    byte[] bytes = new byte[in.getInt()];
    in.get(bytes);
    return bytes;
  }
}
