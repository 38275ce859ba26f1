package io.digflink.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * The table of tolerances, {@code tolerances.properties}, and the distance that most of them use.
 */
public final class Tolerances {
  private static final Properties TABLE = read();

  private Tolerances() {}

  /** The tolerance of a name, such as {@code operator.fp32}. */
  public static double of(String name) {
    String value = TABLE.getProperty(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "tolerances.properties has no " + name + "; it has " + TABLE.stringPropertyNames());
    }
    return Double.parseDouble(value);
  }

  /** |actual - expected| / |expected|; NaN if any element is. */
  public static double relativeL2(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / norm);
  }

  private static Properties read() {
    Properties table = new Properties();
    try (InputStream in = Tolerances.class.getResourceAsStream("/tolerances.properties")) {
      table.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return table;
  }
}
