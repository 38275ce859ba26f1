package io.digflink.jobs.request;

import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.schemas.codec.TrustedRecords;
import java.util.Arrays;

/** Requests as Admit would admit them, and their portions. */
public final class TestRequests {
  /** The digest of the bundle that portions are to be made by, where none is given. */
  public static final String DIGEST = "ab".repeat(32);

  private static final RecordCodec<GenerationRequest> CODEC;

  static {
    TrustedRecords.install();
    CODEC = RecordCodec.of(GenerationRequest.class);
  }

  private TestRequests() {}

  /** A request for a model, with one image per label. */
  public static GenerationRequest.Builder request(String id, String model, int... labels) {
    return GenerationRequest.newBuilder()
        .setRequestId(id)
        .setModel(model)
        .setLabels(Arrays.stream(labels).boxed().toList());
  }

  /** The request, from the place {@code t-0@} and its id. */
  public static AdmittedRequest admitted(
      GenerationRequest request, LatentShape latent, int... labels) {
    return new AdmittedRequest(
        CODEC.encode(request),
        "t-0@" + request.getRequestId(),
        request,
        labels,
        latent,
        0,
        0,
        IncomingRecord.NO_HEADERS,
        request.getTenant() == null ? "" : request.getTenant());
  }

  /** All its images in one portion. */
  public static Portion whole(AdmittedRequest admitted, String bundleDigest) {
    return Portion.of(admitted, bundleDigest, 0, admitted.images());
  }
}
