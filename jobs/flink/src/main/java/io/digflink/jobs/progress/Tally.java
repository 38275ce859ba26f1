package io.digflink.jobs.progress;

import io.digflink.jobs.request.RequestEvent;
import io.digflink.jobs.request.StateVersions;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.RecordCodec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** What has become of a request's images so far. */
final class Tally {
  private static final byte VERSION = 1;
  private static final RecordCodec<RejectedRequest> REJECTS = RecordCodec.of(RejectedRequest.class);
  private static final byte[] NONE = {};

  private boolean isOpened;
  private boolean isAccepted;
  private boolean isBegun;

  /** What clients know: null, ADMITTED or RUNNING. */
  private RequestState told;

  private int images;
  private int done;
  private int failed;
  private int dropped;
  private RequestState dropState;
  private RejectedRequest firstReject;
  private long expectedAt;
  private long begunAt;

  /** Takes an event in. */
  void add(RequestEvent event) {
    switch (event.kind()) {
      case OPENED -> {
        isOpened = true;
        images = event.images();
        told = event.state();
        isAccepted |= told != null;
        isBegun |= told == RequestState.RUNNING;
      }
      case ACCEPTED -> {
        isAccepted = true;
        expectedAt = Math.max(expectedAt, event.expectedAt());
      }
      case BEGUN -> {
        begunAt = begunAt == 0 ? event.at() : begunAt;
        isBegun = true;
      }
      case DONE -> {
        // It may overtake the word that the portion was taken and has begun.
        isAccepted = true;
        isBegun = true;
        done += event.count();
      }
      case HANDED_OVER -> done += event.count();
      case FAILED -> {
        isAccepted = true;
        isBegun = true;
        failed += event.count();
        firstReject = firstReject == null ? event.reject() : firstReject;
      }
      case DROPPED -> {
        dropped += event.count();
        dropState = worse(dropState, event.state());
        firstReject = firstReject == null ? event.reject() : firstReject;
      }
      case TOLD -> {
        // Told as it is.
      }
    }
  }

  /** A request that its client gave up is not late, and one that is late has not failed. */
  private static RequestState worse(RequestState one, RequestState other) {
    if (one == RequestState.CANCELLED || other == RequestState.CANCELLED) {
      return RequestState.CANCELLED;
    }
    return one == RequestState.EXPIRED ? one : other;
  }

  /** The state that clients are to be told next before any count, or null. */
  RequestState nextToTell() {
    if (!isOpened) {
      return null;
    }
    if (told == null && (isAccepted || isBegun)) {
      told = RequestState.ADMITTED;
      return told;
    }
    if (told == RequestState.ADMITTED && isBegun) {
      told = RequestState.RUNNING;
      return told;
    }
    return null;
  }

  /** Whether the request is known, and not only what has happened to some of its images. */
  boolean isOpened() {
    return isOpened;
  }

  /** Whether nothing more comes of the request. */
  boolean isEnded() {
    return isOpened && done + failed + dropped >= images;
  }

  /** How it ends. */
  RequestState end() {
    if (dropped > 0) {
      return dropState;
    }
    return failed > 0 ? RequestState.REJECTED : RequestState.COMPLETED;
  }

  /** Whether its client is running. */
  boolean isRunning() {
    return told == RequestState.RUNNING;
  }

  /** Images of the request; 0 as long as it is not opened. */
  int images() {
    return images;
  }

  /** Images that are out. */
  int done() {
    return Math.max(0, done);
  }

  /** The reject of the first images that were not made, or null. */
  RejectedRequest firstReject() {
    return firstReject;
  }

  /**
   * When the last image is expected: by the pace of those that are out, else as Denoise reckoned; 0
   * if neither is known.
   */
  long expectedAt(long now) {
    if (done() == 0 || begunAt == 0) {
      return expectedAt;
    }
    return now + (images - done()) * Math.max(1, now - begunAt) / done();
  }

  /** The bytes for the state. */
  byte[] toBytes() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeByte(VERSION);
    out.writeBoolean(isOpened);
    out.writeBoolean(isAccepted);
    out.writeBoolean(isBegun);
    writeState(told, out);
    out.writeInt(images);
    out.writeInt(done);
    out.writeInt(failed);
    out.writeInt(dropped);
    writeState(dropState, out);
    out.writeLong(expectedAt);
    out.writeLong(begunAt);
    byte[] reject = firstReject == null ? NONE : REJECTS.encode(firstReject);
    out.writeInt(reject.length);
    out.write(reject);
    return bytes.toByteArray();
  }

  /**
   * Reads what {@link #toBytes} wrote.
   *
   * @param state null for a request of which nothing has come
   */
  static Tally of(byte[] state) throws IOException {
    Tally tally = new Tally();
    if (state == null) {
      return tally;
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(state));
    byte version = in.readByte();
    if (version != VERSION) {
      throw StateVersions.unknown("Progress", VERSION, version);
    }
    tally.isOpened = in.readBoolean();
    tally.isAccepted = in.readBoolean();
    tally.isBegun = in.readBoolean();
    tally.told = readState(in);
    tally.images = in.readInt();
    tally.done = in.readInt();
    tally.failed = in.readInt();
    tally.dropped = in.readInt();
    tally.dropState = readState(in);
    tally.expectedAt = in.readLong();
    tally.begunAt = in.readLong();
    byte[] reject = in.readNBytes(in.readInt());
    tally.firstReject = reject.length == 0 ? null : REJECTS.decode(reject);
    return tally;
  }

  private static void writeState(RequestState state, DataOutputStream out) throws IOException {
    out.writeUTF(state == null ? "" : state.name());
  }

  private static RequestState readState(DataInputStream in) throws IOException {
    String name = in.readUTF();
    return name.isEmpty() ? null : RequestState.valueOf(name);
  }
}
