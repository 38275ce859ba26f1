package io.digflink.bundle;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Number format of a graph's weights and matrix products; inputs and outputs stay float32. */
public enum Precision {
  @JsonProperty("fp32")
  FP32,
  /** LayerNorm, softmax, gates and the recurrent state still compute in float32. */
  @JsonProperty("fp16")
  FP16,
  /**
   * The products of the blocks have operands in 8 bits (e4m3), with a scale for each token and for
   * each column of the output, and sums in float32. The rest, and the decoder, are as in FP16.
   */
  @JsonProperty("fp8")
  FP8
}
