package io.digflink.jobs.admit;

import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.RecordCodec;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** Beginnings of SHA-256 digests, which tell contents apart. */
final class Digests {
  static final int CONTENT_BYTES = 16;

  private static final RecordCodec<GenerationRequest> CODEC =
      RecordCodec.of(GenerationRequest.class);

  private Digests() {}

  /**
   * Of all that a request asks for, whatever its encoding. {@code created_at} does not count: a
   * client may write it anew when it tries again.
   */
  static byte[] ofContent(GenerationRequest request) {
    GenerationRequest asked = GenerationRequest.newBuilder(request).setCreatedAt(null).build();
    return of(CODEC.encode(asked), CONTENT_BYTES);
  }

  /** Of bytes. */
  static byte[] of(byte[] bytes, int length) {
    try {
      return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(bytes), length);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
