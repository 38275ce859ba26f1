package io.digflink.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.cli.Dig;
import io.digflink.jobs.generate.GenerateOptions;
import io.digflink.schemas.GeneratedImage;
import io.digflink.schemas.GuidanceChannels;
import io.digflink.tests.support.EmbeddedStack;
import io.digflink.tests.support.JobRun;
import io.digflink.tests.support.Requests;
import io.digflink.tests.support.TestModels;
import io.digflink.tools.Tool;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Images of the streaming job, verified by the command and read by a reader that is not ours. */
class VerifyCommandITCase {
  private static final String CLASS_NAME = "Éclair, \"青い花\" / 🎂";
  private static final String PILLOW =
      """
      import json, sys
      from PIL import Image
      image = Image.open(sys.argv[1])
      text = image.text["dig-flink"] if image.format == "PNG" else image.info["comment"].decode()
      print(json.dumps(json.loads(text[text.index("{"):])))
      """;

  @TempDir private static Path directory;
  private static Path models;
  private static final List<Path> FILES = new ArrayList<>();
  private static Path plain;

  @BeforeAll
  static void makeImages() throws Exception {
    try (EmbeddedStack stack = EmbeddedStack.start(directory)) {
      models = directory.resolve("models");
      nameClasses(models.resolve(TestModels.PLAIN).resolve("model.json"));
      JobRun run =
          new JobRun(stack)
              .send(
                  Requests.of("two classes").setLabels(List.of(3, 4)).setGuidanceScale(2.5).build(),
                  Requests.of("jpeg")
                      .setSampler("dpm++")
                      .setImageFormat("jpeg")
                      .setJpegQuality(75)
                      .build(),
                  Requests.of("everything")
                      .setEta(0.7)
                      .setTimestepSpacing("ddim")
                      .setGuidanceScale(3)
                      .setGuidanceChannels(GuidanceChannels.ALL)
                      .setGuidanceFrom(0.2)
                      .setGuidanceTo(0.8)
                      .setSeed(Long.MIN_VALUE)
                      .setHeight(16)
                      .setWidth(32)
                      .build(),
                  Requests.of("nothing").setLabels(List.of()).setSampler("ddpm").build())
              .serveAll(2);
      for (GeneratedImage image : run.images()) {
        FILES.add(write(image, image.getRequestId() + "-" + image.getIndex()));
      }
      JobRun without =
          new JobRun(stack)
              .with(GenerateOptions.IMAGE_METADATA, false)
              .send(Requests.of("plain").build())
              .serveAll(1);
      plain = write(without.images().get(0), "plain");
    }
  }

  @AfterAll
  static void forget() {
    FILES.clear();
  }

  @Test
  void everyImageOfTheJobIsMadeByItsModel() {
    Result result = verify(FILES);

    assertThat(FILES).hasSize(5);
    assertThat(result.output().lines())
        .hasSize(5)
        .allMatch(line -> line.contains(": made by this"));
    assertThat(result.code()).isZero();
  }

  @Test
  void oneImageThatIsNotMakesTheCommandFail() throws Exception {
    Result result = verify(List.of(FILES.get(0), plain, directory.resolve("nowhere.png")));

    assertThat(result.output().lines().toList())
        .hasSize(3)
        .anyMatch(line -> line.contains("made by this model"))
        .anyMatch(line -> line.contains("plain.png: has no metadata of dig-flink"))
        .anyMatch(
            line ->
                line.contains("nowhere.png: cannot be read: there is no such file or directory"));
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void withoutAnImageTheUsageIsWrong() {
    assertThat(verify(List.of()).code()).isEqualTo(2);
  }

  @Test
  void pillowReadsWhatTheFilesSay() throws Exception {
    String python = Tool.require("pil");

    JsonNode png = read(python, "two classes-0.png");
    assertThat(png.path("class_name").asText()).isEqualTo(CLASS_NAME);
    assertThat(png.path("request_id").asText()).isEqualTo("two classes");
    assertThat(png.path("label").asInt()).isEqualTo(3);
    JsonNode jpeg = read(python, "jpeg-0.jpeg");
    assertThat(jpeg.path("class_name").asText()).isEqualTo(CLASS_NAME);
    assertThat(jpeg.path("jpeg_quality").asInt()).isEqualTo(75);
    JsonNode everything = read(python, "everything-0.png");
    assertThat(everything.path("seed").asText()).isEqualTo("-9223372036854775808");
    assertThat(everything.path("eta").asDouble()).isEqualTo(0.7);
    assertThat(everything.path("guidance_from").asDouble()).isEqualTo(0.2);
    assertThat(read(python, "nothing-0.png").path("label").isNull()).isTrue();
  }

  /** The digest of a bundle is that of its model.json. */
  private static void nameClasses(Path manifest) throws Exception {
    ObjectNode json = (ObjectNode) new JsonMapper().readTree(manifest.toFile());
    ArrayNode names = ((ObjectNode) json.get("classes")).putArray("names");
    for (int label = 0; label < json.at("/classes/count").asInt(); label++) {
      names.add(label == 3 ? CLASS_NAME : "class " + label);
    }
    new JsonMapper().writeValue(manifest.toFile(), json);
  }

  private static Path write(GeneratedImage image, String name) throws Exception {
    byte[] bytes = new byte[image.getBytes().remaining()];
    image.getBytes().duplicate().get(bytes);
    return Files.write(directory.resolve(name + "." + image.getFormat()), bytes);
  }

  private record Result(int code, String output) {}

  private static Result verify(List<Path> files) {
    StringWriter output = new StringWriter();
    CommandLine dig = Dig.commandLine();
    dig.setOut(new PrintWriter(output)).setErr(new PrintWriter(output));
    List<String> arguments = new ArrayList<>(List.of("verify", "--models=" + models));
    files.forEach(file -> arguments.add(file.toString()));
    return new Result(dig.execute(arguments.toArray(String[]::new)), output.toString());
  }

  private static JsonNode read(String python, String file) throws Exception {
    Process process =
        new ProcessBuilder(python, "-c", PILLOW, directory.resolve(file).toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return new JsonMapper().readTree(output);
  }
}
