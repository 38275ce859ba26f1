package io.digflink.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.digflink.cli.Dig;
import io.digflink.cli.embedded.EmbeddedKafka;
import io.digflink.tests.support.TestModels;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every command says of arguments that are missing, wrong or of files that it cannot use. */
class WrongArgumentsITCase {
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  @TempDir private static Path directory;
  private static EmbeddedKafka kafka;

  @BeforeAll
  static void prepare() throws Exception {
    TestModels.exportPlain(directory.resolve("models"));
    Files.createDirectory(directory.resolve("empty"));
    Files.writeString(directory.resolve("file"), "a file");
    Files.createDirectory(directory.resolve("filled"));
    Files.writeString(directory.resolve("filled/0.png"), "an image of an earlier run");
    Files.writeString(directory.resolve("bad.yaml"), "model: plain\nimagse: 3\n");
    Files.writeString(
        directory.resolve("good.yaml"),
        """
        model: plain
        images: 3
        samplers: [{name: ddim, steps: 2}]
        output: {format: webdataset}
        """);
    Files.writeString(directory.resolve("bad.properties"), "key=\\u00zz");
    kafka = EmbeddedKafka.start(directory.resolve("kafka"));
    kafka.createTopics(List.of("dig.images", "dig.rejected", "dig.progress"), 1);
  }

  @AfterAll
  static void stop() {
    kafka.close();
  }

  static Stream<Arguments> cases() {
    return Stream.of(
            List.of(
                wrong("", USAGE, "Expected a command"),
                wrong("paint", USAGE, "Unmatched argument", "paint"),
                // demo
                wrong("demo --images 0", USAGE, "--images", "expected a whole number of 1 or more"),
                wrong("demo --images many", USAGE, "--images", "found many"),
                wrong("demo --out /dev/null/x", FAILED, "as --out, found /dev/null/x: "),
                wrong("demo --out %/file", FAILED, "/file: it is a file. Give another directory"),
                wrong("demo --out %/o --models %/empty", FAILED, "Expected model bundles in"),
                wrong("demo --out %/o --models %/nowhere", FAILED, "Expected model bundles in"),
                wrong("demo --out %/o --models %/models --model x", USAGE, "plain, found x"),
                wrong("demo --timeout 0", USAGE, "--timeout of 1 second or more, found 0"),
                wrong("demo --host 192.0.2.1", USAGE, "as --host, found 192.0.2.1"),
                wrong("demo --bogus", USAGE, "Unknown option: '--bogus'")),
            generate(),
            generateJob(),
            List.of(
                wrong("synthesize", USAGE, "Expected --spec FILE and --out DIR"),
                wrong(
                    "synthesize --spec /nope.yaml --out %/s",
                    USAGE, "/nope.yaml, which cannot be read: there is no such file or directory."),
                wrong("synthesize --spec %/empty --out %/s", USAGE, "which cannot be read: "),
                wrong("synthesize --spec %/bad.yaml --out %/s", USAGE, "imagse"),
                wrong(synthesize("--out %/s --models %/empty"), FAILED, "Expected model bundles"),
                wrong(synthesize("--out /proc/s --models %/models"), FAILED, "/proc/s"),
                wrong(synthesize("--out %/file --models %/models"), FAILED, "found a file"),
                wrong(synthesize("--out %/filled --models %/models"), FAILED, "found 0.png"),
                wrong(
                    synthesize("--out %/s --models %/models --parallelism 0"),
                    USAGE,
                    "Expected --parallelism of 1 or more, found 0"),
                wrong(
                    synthesize("--out %/s --models %/models --batch-rows 0"),
                    USAGE,
                    "2 or more, found 0"),
                wrong(synthesize("--out %/s --models %/models --device gpu"), USAGE, "gpu"),
                wrong(synthesize("--out %/s --host nowhere.invalid"), USAGE, "as --host")),
            bundles(),
            lab())
        .flatMap(List::stream);
  }

  private static List<Arguments> generate() {
    String remote = "generate --out %/new --bootstrap-servers " + kafka.bootstrapServers();
    return List.of(
        wrong("generate", USAGE, "Missing required option: '--out=DIR'"),
        wrong("generate --out %/new --count 0", USAGE, "--count", "found 0"),
        wrong("generate --out %/new --steps 0", USAGE, "--steps", "found 0"),
        wrong("generate --out %/new --seed x", USAGE, "--seed"),
        wrong("generate --out %/new --sampler euler", USAGE, "ddpm, ddim, dpm++", "euler"),
        wrong("generate --out %/new --format gif", USAGE, "png, jpeg", "gif"),
        wrong("generate --out %/new --size big", USAGE, "\"big\"; expected pixels as 256"),
        wrong("generate --out %/new --timeout -1", USAGE, "--timeout"),
        wrong("generate --out /proc/nope", FAILED, "as --out, found /proc/nope: "),
        wrong("generate --out %/file", FAILED, "/file: it is a file"),
        wrong("generate --out %/filled", FAILED, "found files in ", "or --force"),
        wrong("generate --out %/new --models %/empty", FAILED, "Expected model bundles in"),
        wrong("generate --out %/new --models %/models --model x", USAGE, "plain, found x"),
        wrong("generate --out %/new --models %/models --labels 11", USAGE, "--labels: ", "0 to 9"),
        wrong("generate --out %/new --requests-topic t", USAGE, "--bootstrap-servers"),
        wrong(remote + " --kafka-properties /nope", FAILED, "found /nope: there is no such file"),
        wrong(remote + " --kafka-properties %/bad.properties", USAGE, "bad.properties: Malformed"),
        wrong(
            remote,
            FAILED,
            "Expected the topic dig.requests on the Kafka brokers at ",
            "found no such topic: create it, or give other names"),
        wrong(
            remote + " --requests-topic dig.reqests --images-topic dig.imgs",
            FAILED,
            "Expected the topics dig.imgs, dig.reqests on"));
  }

  private static List<Arguments> generateJob() {
    String job = "generate-job --kafka.bootstrap-servers " + kafka.bootstrapServers();
    return List.of(
        wrong("generate-job", USAGE, "give --kafka.bootstrap-servers"),
        wrong(job, USAGE, "give --models.directory"),
        wrong(job + " --bogus 1", USAGE, "found --bogus"),
        wrong(job + " --models.directory", USAGE, "Expected a value after --models.directory"),
        wrong(job + " --models.directory %/empty", FAILED, "Expected model bundles in"),
        wrong(
            job + " --models.directory %/models --decode.max-batch x", USAGE, "such as 0, found x"),
        wrong(job + " --models.directory %/models --models.device gpu", USAGE, "gpu"),
        wrong(job + " --models.directory %/models --parallelism 0", USAGE, "--parallelism"),
        wrong(job + " --models.directory %/models", FAILED, "Expected the topic dig.requests on"),
        wrong(
            job + " --models.directory %/models --kafka.properties-file /nope",
            FAILED,
            "as kafka.properties-file, found /nope: there is no such file"));
  }

  private static String synthesize(String options) {
    return "synthesize --spec %/good.yaml " + options;
  }

  private static List<Arguments> bundles() {
    String random = "export --random-weights 1 --model DiG-S/2 --out ";
    return List.of(
        wrong("export", USAGE, "Missing required option: '--out=DIR'"),
        wrong("export --out %/b", USAGE, "Give either a checkpoint or --random-weights"),
        wrong("export /nope.pt --out %/b", FAILED, "/nope.pt"),
        wrong("export %/file --out %/b", FAILED, "/file"),
        wrong("export --random-weights 1 --model UNet --out %/b", USAGE, "no model \"UNet\""),
        wrong(random + "%/b --precision int8", USAGE, "expected fp32, fp16 or fp8"),
        wrong(random + "%/b --size 60", USAGE, "expected multiples of 16"),
        wrong(random + "%/b --class-names /nope", FAILED, "/nope: there is no such file"),
        wrong(random + "%/b --config /nope.json", FAILED, "/nope.json: there is no such file"),
        wrong(random + "%/file", FAILED, "/file is a file"),
        wrong(random + "%/filled", FAILED, "is a directory with other files"),
        wrong(random + "%/models/plain", FAILED, "give --force to replace it"),
        wrong(random + "/proc/nope/b", FAILED, "/proc/nope"),
        wrong("verify", USAGE, "Missing required parameter: 'IMAGE'"),
        wrong("verify %/file --models %/empty", FAILED, "Expected model bundles in"),
        wrong("verify %/file --models %/models --device gpu", USAGE, "gpu"),
        wrong("inspect", USAGE, "Missing required parameter: 'BUNDLE'"),
        wrong("inspect /nope", FAILED, "/nope"),
        wrong("inspect %/file", FAILED, "/file"),
        wrong("inspect %/models/plain --size x", USAGE, "expected pixels as 256"));
  }

  private static List<Arguments> lab() {
    return Stream.of(
            Stream.of(
                wrong("bench", USAGE, "Expected the name of a benchmark, found none: give one of"),
                wrong("bench paint", USAGE, "paint"),
                wrong("bench pipeline --rounds 0", USAGE, "--rounds", "found 0"),
                wrong("bench pipeline --models %/empty", FAILED, "Expected model bundles in"),
                wrong("bench synthesize --images 4", USAGE, "--images of 8 or more, found 4"),
                wrong("bench batching --requests 0", USAGE, "--requests", "found 0"),
                wrong("bench checkpoints --rounds 17", USAGE, "1 to 16, found 17"),
                wrong("bench denoiser --models UNet", USAGE, "no model \"UNet\""),
                wrong("bench denoiser --runs 0", USAGE, "--runs", "found 0"),
                wrong("bench denoiser --precision int8", USAGE, "--precision"),
                wrong("bench decoder --batches 0", USAGE, "--batches"),
                wrong("bench fusions --size 0", USAGE, "--size"),
                wrong("bench headline --models UNet", USAGE, "no model \"UNet\""),
                wrong("bench headline --rounds 0", USAGE, "--rounds", "found 0"),
                wrong("bench op --shapes 8", USAGE, "Expected a shape as batch,tokens,heads"),
                wrong("bench op --device gpu", USAGE, "gpu"),
                wrong("bench provider --model UNet", USAGE, "no model \"UNet\""),
                wrong("faults --only earthquake", USAGE, "Expected --only with names of"),
                wrong("faults --kills 0", USAGE, "--kills"),
                wrong("faults --models %/empty", FAILED, "Expected model bundles in"),
                wrong("soak --minutes 0", USAGE, "Expected --minutes above 0, found 0"),
                wrong("soak --models %/empty", FAILED, "Expected model bundles in")),
            Stream.of(
                    "bench pipeline",
                    "bench synthesize",
                    "bench batching",
                    "bench checkpoints",
                    "bench denoiser",
                    "bench decoder",
                    "bench fusions",
                    "bench headline",
                    "bench op",
                    "bench provider",
                    "faults",
                    "soak")
                .map(
                    command ->
                        wrong(
                            command + " --json /nope/figures.json",
                            FAILED,
                            "as --json, found /nope/figures.json: there is no directory /nope")))
        .flatMap(cases -> cases)
        .toList();
  }

  private static Arguments wrong(String commandLine, int exitCode, String... said) {
    return arguments(commandLine, exitCode, List.of(said));
  }

  @ParameterizedTest(name = "dig {0}")
  @MethodSource("cases")
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void isRefusedInASentenceBeforeAnythingStarts(
      String commandLine, int exitCode, List<String> said) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] arguments =
        commandLine.isEmpty() ? new String[0] : commandLine.replace("%", directory + "").split(" ");

    int code =
        Dig.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);

    assertThat(err.toString()).contains(said).doesNotContain("Exception").doesNotContain("\tat ");
    assertThat(err.toString().lines().count()).isLessThanOrEqualTo(2);
    assertThat(code).describedAs(err.toString()).isEqualTo(exitCode);
    assertThat(out.toString()).doesNotContain("Starting").doesNotContain("Dashboard");
  }
}
