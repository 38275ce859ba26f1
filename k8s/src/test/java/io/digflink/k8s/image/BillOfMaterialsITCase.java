package io.digflink.k8s.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.k8s.K8sFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The CycloneDX bill of materials beside the job's jar. */
class BillOfMaterialsITCase {
  private static final Path TARGET = K8sFolder.repository().resolve("jobs/flink/target");
  private static final Path BILL = TARGET.resolve("dig-jobs.cdx.json");

  @BeforeEach
  void isBuilt() {
    assumeTrue(Files.exists(BILL), "Not built: " + BILL + ", which mvn package makes");
  }

  @Test
  void everythingInTheJarIsOnIt() throws Exception {
    JsonNode bill = new JsonMapper().readTree(BILL.toFile());
    Set<String> listed = new TreeSet<>();
    bill.path("components").forEach(component -> listed.add(name(component)));
    listed.add(name(bill.at("/metadata/component")));

    assertThat(bill.path("bomFormat").asText()).isEqualTo("CycloneDX");
    assertThat(inTheJar()).hasSizeGreaterThan(20);
    Set<String> missing = new TreeSet<>(inTheJar());
    missing.removeAll(listed);
    // Part of Parquet's own jar, which was made as ours is.
    missing.removeIf(name -> name.startsWith("net.openhft:zero-allocation-hashing:"));
    assertThat(missing).isEmpty();
    assertThat(listed)
        .anyMatch(name -> name.startsWith("com.microsoft.onnxruntime:onnxruntime:"))
        .anyMatch(name -> name.startsWith("org.apache.flink:flink-streaming-java:"));
  }

  @Test
  void itSaysUnderWhichLicenceEachPartIsAndWhatItsDigestIs() throws Exception {
    for (JsonNode component : new JsonMapper().readTree(BILL.toFile()).path("components")) {
      if (!component.path("group").asText().equals("io.digflink")) {
        assertThat(component.path("licenses")).as(name(component)).isNotEmpty();
        assertThat(component.path("hashes")).as(name(component)).isNotEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cuda"})
  void theImageCarriesIt(String variant) throws IOException {
    assertThat(ImageStack.dockerfile().stage(variant).instructions())
        .anyMatch(
            i ->
                i.is("COPY")
                    && i.words().get(0).endsWith("jobs/flink/target/dig-jobs.cdx.json")
                    && i.words().get(1).startsWith("/usr/share/doc/dig-flink/"));
  }

  /** The Maven artifacts that left their coordinates in the jar. */
  private static Set<String> inTheJar() throws IOException {
    Set<String> artifacts = new TreeSet<>();
    try (ZipFile jar = new ZipFile(TARGET.resolve("dig-jobs.jar").toFile())) {
      for (ZipEntry entry :
          jar.stream().filter(e -> e.getName().endsWith("/pom.properties")).toList()) {
        Properties coordinates = new Properties();
        try (InputStream in = jar.getInputStream(entry)) {
          coordinates.load(in);
        }
        artifacts.add(
            coordinates.getProperty("groupId")
                + ":"
                + coordinates.getProperty("artifactId")
                + ":"
                + coordinates.getProperty("version"));
      }
    }
    return artifacts;
  }

  private static String name(JsonNode component) {
    return component.path("group").asText()
        + ":"
        + component.path("name").asText()
        + ":"
        + component.path("version").asText();
  }
}
