package io.digflink.synthesis.plan;

import io.digflink.bundle.ModelManifest;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.schemas.codec.RecordFormatException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;

/**
 * The plan of the requests that a {@link TopicSnapshot} holds, in its order. Deadlines are left
 * out: what a data set holds does not depend on when it is made. A record that is not a request, or
 * asks for more than {@value #MOST_IMAGES} images, counts as none and is rejected by admission.
 */
public final class TopicPlan implements DatasetPlan {
  /** Maximum number of images per request. */
  public static final int MOST_IMAGES = 1_000_000;

  private static final long serialVersionUID = 1L;

  private final String file;
  // Read from the file where the plan is used: two numbers per request are too many for a job
  // graph.
  private transient long[] positions;
  private transient long[] firstImages;
  private transient RecordCodec<GenerationRequest> codec;

  /**
   * @param file a snapshot, at the same path on every machine of the job
   */
  public TopicPlan(Path file) {
    this.file = file.toString();
  }

  @Override
  public long requests() {
    index();
    return positions.length;
  }

  @Override
  public long firstImage(long request) {
    index();
    return firstImages[(int) request];
  }

  @Override
  public byte[] record(long request) throws IOException {
    index();
    byte[] value;
    try (RandomAccessFile in = new RandomAccessFile(file, "r")) {
      in.seek(positions[(int) request]);
      value = new byte[in.readInt()];
      in.readFully(value);
    }
    try {
      GenerationRequest decoded = codec.decode(value);
      decoded.setRequestId(String.valueOf(request));
      decoded.setDeadline(null);
      return codec.encode(decoded);
    } catch (RecordFormatException e) {
      return value; // admission says what is wrong with it
    }
  }

  @Override
  public BitSet labels(ModelManifest model) throws IOException {
    BitSet found = new BitSet();
    if (model.classes() == null) {
      return found;
    }
    for (long request = 0; request < requests(); request++) {
      if (firstImage(request) < firstImage(request + 1)) {
        GenerationRequest decoded = codec.decode(record(request));
        decoded.getLabels().stream()
            .filter(label -> label >= 0 && label < model.classes().count())
            .forEach(found::set);
        decoded.getClassNames().stream()
            .flatMap(name -> model.classes().labelOf(name).stream())
            .forEach(found::set);
      }
    }
    return found;
  }

  private void index() {
    if (positions != null) {
      return;
    }
    codec = RecordCodec.of(GenerationRequest.class);
    long[] starts = new long[1024];
    long[] images = new long[1024];
    int count = 0;
    long position = 0;
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(Path.of(file))))) {
      for (int length = next(in); length >= 0; length = next(in)) {
        if (count + 1 == starts.length) {
          starts = Arrays.copyOf(starts, 2 * count + 2);
          images = Arrays.copyOf(images, 2 * count + 2);
        }
        starts[count] = position;
        images[count + 1] = images[count] + imagesOf(in.readNBytes(length));
        position += Integer.BYTES + length;
        count++;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    firstImages = Arrays.copyOf(images, count + 1);
    positions = Arrays.copyOf(starts, count);
  }

  private static int next(DataInputStream in) throws IOException {
    try {
      return in.readInt();
    } catch (EOFException e) {
      return -1;
    }
  }

  private long imagesOf(byte[] value) {
    try {
      GenerationRequest request = codec.decode(value);
      long labels = (long) request.getLabels().size() + request.getClassNames().size();
      long images = Math.max(1, labels) * Math.max(0, request.getImagesPerLabel());
      return images <= MOST_IMAGES ? images : 0;
    } catch (RecordFormatException e) {
      return 0;
    }
  }
}
