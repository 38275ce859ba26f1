package io.digflink.cli;

import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.avro.Schema;
import picocli.CommandLine.IVersionProvider;

/** What this program is, as the build wrote it into {@code version.properties}. */
final class Version implements IVersionProvider {
  private static final List<Schema> RECORDS =
      List.of(
          GenerationRequest.getClassSchema(),
          GeneratedImage.getClassSchema(),
          RequestProgress.getClassSchema(),
          RejectedRequest.getClassSchema());

  @Override
  public String[] getVersion() throws IOException {
    Properties build = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      build.load(in);
    }
    String commit = build.getProperty("commit");
    List<String> lines = new ArrayList<>();
    lines.add(
        "dig-flink "
            + build.getProperty("version")
            // Not filled in where the build is not of a Git checkout.
            + (commit.startsWith("$") ? "" : ", commit " + commit));
    for (Schema record : RECORDS) {
      lines.add(record.getName() + " version " + record.getObjectProp("version"));
    }
    return lines.toArray(String[]::new);
  }
}
