package io.digflink.tests.upgrade;

import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.AdmittedRequestFormat;
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
  private final Map<String, Held> held = new TreeMap<>();
  private final List<String> latentsWaiting = new ArrayList<>();
  private long channelBytes;
  private final List<Transaction> uncommitted = new ArrayList<>();

  /**
   * A request in Denoise.
   *
   * @param images that it asks for
   * @param begun images that have begun: in flight or gone
   * @param stepsDone of those in flight, the last ones that have begun
   */
  record Held(int images, int begun, List<Integer> stepsDone) {}

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
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(element));
        readHeld(in.readInt(), skipLength(in));
      }
      for (byte[] element : elements(handle, "latents-waiting")) {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(element));
        readWaiting(in.readInt(), skipLength(in));
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
  private static DataInputStream skipLength(DataInputStream in) throws IOException {
    in.readInt();
    return in;
  }

  /** Version 1 has the image's whole request, later ones its id, the request's place and news. */
  private void readWaiting(int version, DataInputStream in) throws IOException {
    if (version == 1) {
      latentsWaiting.add(AdmittedRequestFormat.read(version, in).id() + "/" + in.readInt());
    } else if (in.readBoolean()) {
      String id = in.readUTF();
      in.readUTF();
      latentsWaiting.add(id + "/" + in.readInt());
    }
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

  private void readHeld(int version, DataInputStream in) throws IOException {
    AdmittedRequest request = AdmittedRequestFormat.read(version, in);
    in.readUTF();
    int begun = in.readInt();
    int count = in.readInt();
    List<Integer> stepsDone = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      in.readLong();
      stepsDone.add(in.readInt());
      AdmittedRequestFormat.readFloats(request.latent().size(), in);
      if (in.readBoolean()) {
        AdmittedRequestFormat.readFloats(request.latent().size(), in);
      }
    }
    held.put(request.id(), new Held(request.images(), begun, stepsDone));
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
        (id, request) -> {
          int index = request.begun() - request.stepsDone().size();
          for (int steps : request.stepsDone()) {
            images.put(id + "/" + index++, steps);
          }
        });
    return images;
  }
}
