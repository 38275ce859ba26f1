package io.digflink.export;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Version of this program. */
final class ExporterVersion {
  private static final String PROPERTIES =
      "/META-INF/maven/io.digflink/model-export/pom.properties";

  private ExporterVersion() {}

  /** The version in the jar's own metadata; {@code development} outside of a jar. */
  static String get() {
    try (InputStream in = ExporterVersion.class.getResourceAsStream(PROPERTIES)) {
      if (in == null) {
        return "development";
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
