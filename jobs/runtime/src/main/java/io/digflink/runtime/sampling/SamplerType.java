package io.digflink.runtime.sampling;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The samplers by the names that requests give them. */
public enum SamplerType {
  /**
   * Ancestral sampling (Ho et al., arXiv 2006.11239) with the learned variance where there is one.
   */
  DDPM("ddpm"),
  /** Song et al., arXiv 2010.02502. */
  DDIM("ddim"),
  /** DPM-Solver++(2M), Lu et al., arXiv 2211.01095. */
  DPM_SOLVER_PP_2M("dpm++");

  private final String id;

  SamplerType(String id) {
    this.id = id;
  }

  /** The name in requests and results. */
  public String id() {
    return id;
  }

  /** All names, for messages and help. */
  public static String ids() {
    return Arrays.stream(values()).map(SamplerType::id).collect(Collectors.joining(", "));
  }

  /**
   * The sampler of a name, whatever its case.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static SamplerType of(String id) {
    for (SamplerType type : values()) {
      if (type.id.equalsIgnoreCase(id)) {
        return type;
      }
    }
    throw new IllegalArgumentException("Expected a sampler of " + ids() + ", found \"" + id + "\"");
  }
}
