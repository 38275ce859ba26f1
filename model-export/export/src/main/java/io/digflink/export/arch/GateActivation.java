package io.digflink.export.arch;

import io.digflink.export.graph.Scope;
import io.digflink.export.graph.Value;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Activations of DiG's output gate, as flash-linear-attention names and defines them. */
public enum GateActivation {
  SWISH {
    @Override
    Value apply(Scope scope, Value x) {
      return scope.silu(x);
    }
  },
  SILU {
    @Override
    Value apply(Scope scope, Value x) {
      return scope.silu(x);
    }
  },
  RELU {
    @Override
    Value apply(Scope scope, Value x) {
      return scope.unary("Relu", x);
    }
  },
  /** The square of the positive part. */
  SQRELU {
    @Override
    Value apply(Scope scope, Value x) {
      Value positive = scope.unary("Relu", x);
      return scope.mul(positive, positive);
    }
  },
  SIGMOID {
    @Override
    Value apply(Scope scope, Value x) {
      return scope.unary("Sigmoid", x);
    }
  },
  LOGSIGMOID {
    @Override
    Value apply(Scope scope, Value x) {
      return scope.at("out").unary("Neg", scope.unary("Softplus", scope.unary("Neg", x)));
    }
  },
  /** The tanh approximation. */
  GELU {
    @Override
    Value apply(Scope scope, Value x) {
      return scope.geluTanh(x);
    }
  };

  abstract Value apply(Scope scope, Value x);

  /** Whether the GatedLinearAttention operator has it built in. */
  boolean isSilu() {
    return this == SWISH || this == SILU;
  }

  String officialName() {
    return name().toLowerCase(Locale.ROOT);
  }

  static GateActivation of(String name) {
    return Arrays.stream(values())
        .filter(activation -> activation.officialName().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    String.format(
                        "hidden_act is \"%s\"; expected one of %s",
                        name,
                        Arrays.stream(values())
                            .map(GateActivation::officialName)
                            .collect(Collectors.joining(", ")))));
  }
}
