package io.digflink.cli;

import io.digflink.cli.client.LabelList;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.ConfluentWriter;
import io.digflink.schemas.codec.JsonCodec;
import io.digflink.schemas.codec.JsonSchemas;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.schemas.codec.WireFormat;
import io.digflink.schemas.registry.SchemaRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code requests}: prints requests, for other programs to send. */
@Command(
    name = "requests",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Print requests for other programs to send: JSON one per line, as kcat takes them; the other"
            + " formats one request, or with --out a file for each.")
public final class RequestsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private RequestOptions options;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "The bundle's name (default: ${DEFAULT-VALUE}).")
  private String model = "fashion-dig";

  @Option(
      names = "--requests",
      converter = PositiveNumber.class,
      paramLabel = "N",
      description = "Number of requests, with one seed after another (default: ${DEFAULT-VALUE}).")
  private int requests = 1;

  @Option(
      names = "--id",
      paramLabel = "PREFIX",
      description = "Start of the request ids, which end in -0, -1 … (default: a random one).")
  private String id;

  @Option(
      names = "--as",
      paramLabel = "FORMAT",
      description = "json, single-object or confluent (default: ${DEFAULT-VALUE}).")
  private WireFormat format = WireFormat.JSON;

  @Option(
      names = "--registry",
      paramLabel = "URL",
      description = "Schema registry that confluent registers the schema with.")
  private String registry;

  @Option(
      names = "--subject",
      paramLabel = "NAME",
      description = "Subject to register the schema as (default: ${DEFAULT-VALUE}).")
  private String subject = "dig.requests-value";

  @Option(names = "--out", paramLabel = "DIR", description = "Directory for one file per request.")
  private Path out;

  @Option(names = "--json-schema", description = "Print the JSON Schema of requests instead.")
  private boolean jsonSchema;

  @Override
  public Integer call() throws Exception {
    if (jsonSchema) {
      spec.commandLine().getOut().println(JsonSchemas.of(GenerationRequest.getClassSchema()));
      spec.commandLine().getOut().flush();
      return 0;
    }
    options.check();
    check();
    Function<GenerationRequest, byte[]> encoder = encoder();
    String prefix = id == null ? UUID.randomUUID().toString() : id;
    LabelList labels = LabelList.parse(options.labels());
    // Bytes, which the command line's writer would take for text.
    OutputStream printed = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (int i = 0; i < requests; i++) {
      GenerationRequest.Builder request = options.request(model, labels);
      byte[] value =
          encoder.apply(
              request.setRequestId(prefix + "-" + i).setSeed(request.getSeed() + i).build());
      if (out == null) {
        printed.write(value);
        if (format == WireFormat.JSON) {
          printed.write('\n');
        }
      } else {
        Files.write(out.resolve(i + (format == WireFormat.JSON ? ".json" : ".avro")), value);
      }
    }
    printed.flush();
    return 0;
  }

  private void check() throws IOException {
    if (format == WireFormat.CONFLUENT && registry == null) {
      throw wrong("Expected --registry with --as confluent, found none");
    }
    if (format != WireFormat.JSON && requests > 1 && out == null) {
      throw wrong(
          "Expected --out with several requests in "
              + format
              + ", whose records have no end of line, found none: give --out DIR or --as json");
    }
    if (out != null) {
      OutputPath.directory("--out", out);
      Files.createDirectories(out);
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private Function<GenerationRequest, byte[]> encoder() throws Exception {
    return switch (format) {
      case SINGLE_OBJECT -> RecordCodec.of(GenerationRequest.class)::encode;
      case JSON -> JsonCodec.of(GenerationRequest.class)::encode;
      case CONFLUENT ->
          new ConfluentWriter<>(
                  GenerationRequest.class,
                  new SchemaRegistry(registry)
                      .register(subject, GenerationRequest.getClassSchema()))
              ::encode;
    };
  }
}
