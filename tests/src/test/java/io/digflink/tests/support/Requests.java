package io.digflink.tests.support;

import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.TrustedRecords;
import java.util.List;

/** Requests of the test model. */
public final class Requests {
  static {
    TrustedRecords.install();
  }

  private Requests() {}

  /** A request of one image that a test changes as it needs. */
  public static GenerationRequest.Builder of(String id) {
    return GenerationRequest.newBuilder()
        .setRequestId(id)
        .setModel(TestModels.PLAIN)
        .setLabels(List.of(3))
        .setSeed(7)
        .setSampler("ddim")
        .setSteps(4);
  }
}
