package io.digflink.bundle;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Number format of a graph's weights and matrix products; inputs and outputs stay float32. */
public enum Precision {
  @JsonProperty("fp32")
  FP32,
  /** LayerNorm, softmax, gates and the recurrent state still compute in float32. */
  @JsonProperty("fp16")
  FP16
}
