package io.digflink.export;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Version of this program, as the build wrote it into {@code exporter.properties}. */
final class ExporterVersion {
  private ExporterVersion() {}

  static String get() {
    try (InputStream in = ExporterVersion.class.getResourceAsStream("exporter.properties")) {
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
