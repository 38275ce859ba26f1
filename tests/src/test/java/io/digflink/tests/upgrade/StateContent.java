package io.digflink.tests.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.request.AdmittedRequestFormat;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.PortionFormat;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.CompletedCheckpointStorageLocation;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.StateObject;
import org.apache.flink.runtime.state.filesystem.AbstractFsCheckpointStorageAccess;

/** Reads what a savepoint or checkpoint of this release holds of a job's work. */
final class StateContent {
  private static final int VERSION = 4;

  private final Map<String, Held> held = new TreeMap<>();
  private final List<String> latentsWaiting = new ArrayList<>();
  private long channelBytes;
  private final List<Transaction> uncommitted = new ArrayList<>();

  /**
   * A request in Denoise.
   *
   * @param images that it asks for
   * @param begun images that have begun: in flight or gone
   * @param stepsDone of those in flight, by index
   */
  record Held(int images, int begun, Map<Integer, Integer> stepsDone) {}

  private StateContent() {}

  /** Reads a directory that Flink wrote. */
  static StateContent read(String pointer) throws IOException {
    CompletedCheckpointStorageLocation location =
        AbstractFsCheckpointStorageAccess.resolveCheckpointPointer(pointer);
    StateContent content = new StateContent();
    try (DataInputStream in = new DataInputStream(location.getMetadataHandle().openInputStream())) {
      CheckpointMetadata metadata =
          Checkpoints.loadCheckpointMetadata(in, StateContent.class.getClassLoader(), pointer);
      for (OperatorState operator : metadata.getOperatorStates()) {
        for (OperatorSubtaskState subtask : operator.getStates()) {
          content.readSubtask(subtask);
        }
      }
    }
    return content;
  }

  private void readSubtask(OperatorSubtaskState subtask) throws IOException {
    channelBytes +=
        subtask.getInputChannelState().stream().mapToLong(StateObject::getStateSize).sum()
            + subtask.getResultSubpartitionState().stream()
                .mapToLong(StateObject::getStateSize)
                .sum();
    for (OperatorStateHandle handle : subtask.getManagedOperatorState()) {
      for (byte[] element : elements(handle, "requests-in-flight")) {
        readHeld(contentOf(element));
      }
      for (byte[] element : elements(handle, "latents-waiting")) {
        readWaiting(contentOf(element));
      }
      for (byte[] element : elements(handle, "streaming_committer_raw_states")) {
        readTransactions(element);
      }
    }
  }

  private static List<byte[]> elements(OperatorStateHandle handle, String name) throws IOException {
    List<byte[]> elements = new ArrayList<>();
    OperatorStateHandle.StateMetaInfo info = handle.getStateNameToPartitionOffsets().get(name);
    if (info == null) {
      return elements;
    }
    try (FSDataInputStream in = handle.openInputStream()) {
      for (long offset : info.getOffsets()) {
        in.seek(offset);
        DataInputStream data = new DataInputStream(in);
        elements.add(data.readNBytes(data.readInt()));
      }
    }
    return elements;
  }

  /** An element has its version, then its length. */
  private static DataInputStream contentOf(byte[] element) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(element));
    assertThat(in.readInt()).as("version of state that this release writes").isEqualTo(VERSION);
    in.readInt();
    return in;
  }

  /** A latent begins with its request's id, the request's place and its own index. */
  private void readWaiting(DataInputStream in) throws IOException {
    String id = in.readUTF();
    in.readUTF();
    latentsWaiting.add(id + "/" + in.readInt());
  }

  /** Finds the connector's committables: epoch, producer id and transactional id of each. */
  private void readTransactions(byte[] element) throws IOException {
    String text = new String(element, StandardCharsets.ISO_8859_1);
    int at = text.indexOf(UpgradeJob.TRANSACTION_PREFIX);
    while (at >= 0) {
      int start = at - Short.BYTES - Long.BYTES - Short.BYTES;
      DataInputStream in =
          new DataInputStream(new ByteArrayInputStream(element, start, element.length - start));
      int epoch = in.readShort();
      long producerId = in.readLong();
      uncommitted.add(new Transaction(producerId, in.readUTF(), epoch));
      at = text.indexOf(UpgradeJob.TRANSACTION_PREFIX, at + 1);
    }
  }

  private void readHeld(DataInputStream in) throws IOException {
    Portion portion = PortionFormat.read(in);
    int waiting = portion.to() - in.readInt();
    int count = in.readInt();
    Map<Integer, Integer> stepsDone = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      int index = in.readInt();
      in.readLong();
      stepsDone.put(index, in.readInt());
      AdmittedRequestFormat.readFloats(portion.latent().size(), in);
      if (in.readBoolean()) {
        AdmittedRequestFormat.readFloats(portion.latent().size(), in);
      }
    }
    int images = portion.images();
    held.merge(
        portion.requestId(), new Held(images, images - waiting, stepsDone), StateContent::both);
  }

  /** What two portions of a request make together. */
  private static Held both(Held one, Held other) {
    Map<Integer, Integer> stepsDone = new TreeMap<>(one.stepsDone());
    stepsDone.putAll(other.stepsDone());
    return new Held(one.images(), one.begun() + other.begun() - one.images(), stepsDone);
  }

  /** Requests in Denoise by id. */
  Map<String, Held> held() {
    return held;
  }

  /** Transactions that brokers have to commit when it is restored. */
  List<Transaction> uncommitted() {
    return uncommitted;
  }

  long channelBytes() {
    return channelBytes;
  }

  List<String> latentsWaiting() {
    return latentsWaiting;
  }

  /** Requests with images that have not begun. */
  List<String> requestsWaiting() {
    return held.entrySet().stream()
        .filter(request -> request.getValue().begun() < request.getValue().images())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Steps taken of every image in flight, by request/index. */
  Map<String, Integer> imagesInFlight() {
    Map<String, Integer> images = new HashMap<>();
    held.forEach(
        (id, request) ->
            request.stepsDone().forEach((index, steps) -> images.put(id + "/" + index, steps)));
    return images;
  }
}
