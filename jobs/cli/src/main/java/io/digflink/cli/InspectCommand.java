package io.digflink.cli;

import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.bundle.BundleDirectory;
import io.digflink.export.BundleReport;
import io.digflink.export.ImageSize;
import io.digflink.export.TensorPlaces;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code inspect BUNDLE}: shows what a bundle is and verifies its files. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Show a model bundle and verify its files.")
public final class InspectCommand implements Callable<Integer> {
  private static final ObjectWriter WRITER = new JsonMapper().writerWithDefaultPrettyPrinter();

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "BUNDLE", description = "The bundle's directory.")
  private Path directory;

  @Option(
      names = "--size",
      paramLabel = "HxW",
      description =
          "Image size in pixels, 256 or HEIGHTxWIDTH, to count multiply-adds for (default: the"
              + " trained size).")
  private String size;

  @Option(names = "--json", description = "Print the report as JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    BundleDirectory bundle = BundleDirectory.open(directory);
    Map<String, Object> report =
        BundleReport.of(bundle, Optional.ofNullable(size).map(ImageSize::parse));
    PrintWriter out = spec.commandLine().getOut();
    if (!json) {
      report.computeIfPresent(BundleReport.TENSORS, (key, places) -> lines((Map<?, ?>) places));
    }
    if (json) {
      out.println(WRITER.writeValueAsString(report));
    } else {
      print(out, "", report);
    }
    out.flush();
    return 0;
  }

  /** Where the tensors went, as lines. */
  private static List<String> lines(Map<?, ?> places) {
    Map<String, String> named = new LinkedHashMap<>();
    places.forEach((name, place) -> named.put(name.toString(), place.toString()));
    return TensorPlaces.folded(named).entrySet().stream()
        .map(entry -> entry.getKey() + " → " + entry.getValue())
        .toList();
  }

  private static void print(PrintWriter out, String indent, Map<?, ?> values) {
    values.forEach(
        (key, value) -> {
          if (value instanceof Map<?, ?> inner) {
            out.println(indent + key);
            print(out, indent + "  ", inner);
          } else if (value instanceof Iterable<?> list) {
            out.println(indent + key);
            list.forEach(entry -> out.println(indent + "  " + entry));
          } else if (value instanceof Long number) {
            out.printf(Locale.ROOT, "%s%-24s %,d%n", indent, key, number);
          } else {
            out.printf("%s%-24s %s%n", indent, key, value);
          }
        });
  }
}
