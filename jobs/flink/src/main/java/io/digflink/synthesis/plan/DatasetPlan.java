package io.digflink.synthesis.plan;

import io.digflink.bundle.ModelManifest;
import java.io.IOException;
import java.io.Serializable;
import java.util.BitSet;

/**
 * The requests that make a data set. Request k asks for the images from {@code firstImage(k)}
 * (inclusive) to {@code firstImage(k + 1)} (exclusive) of the data set. Its request id is k, so
 * that a result says which image of the data set it is.
 */
public interface DatasetPlan extends Serializable {
  /** Number of requests. */
  long requests();

  /**
   * Index in the data set of a request's first image.
   *
   * @param request 0 to {@link #requests()}, where the latter gives the number of images
   */
  long firstImage(long request);

  /**
   * A request, encoded as on a topic.
   *
   * @param request 0 to {@link #requests()} − 1
   */
  byte[] record(long request) throws IOException;

  /**
   * Labels that images of the plan have; those of requests that will be rejected may be among them.
   */
  BitSet labels(ModelManifest model) throws IOException;

  /** Number of images. */
  default long images() {
    return firstImage(requests());
  }
}
