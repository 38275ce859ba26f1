package io.digflink.k8s.image;

import io.digflink.k8s.image.Dockerfile.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Builds a stage's file system in a folder: the base's files, then each COPY.
 *
 * @param dockerfile what is built
 * @param stageFolders the root folders of the stages that files are copied from
 */
record ImageBuild(Dockerfile dockerfile, Map<String, Path> stageFolders) {
  /** Builds a stage whose base is one of the stages that have a folder. */
  void build(String stageName, Path root) throws IOException {
    Stage stage = dockerfile.stage(stageName);
    copy(stageFolders.get(stage.base()), root);
    for (Instruction instruction : stage.instructions()) {
      if (instruction.is("COPY")) {
        copyInto(source(instruction), instruction, root);
      } else if (instruction.is("RUN")) {
        throw new IllegalArgumentException("No step runs here: " + instruction);
      }
    }
  }

  /** The sources of a stage's COPY instructions that come from a stage with a folder. */
  List<Path> sources(String stageName) {
    List<Path> sources = new ArrayList<>();
    for (Instruction instruction : dockerfile.stage(stageName).instructions()) {
      if (instruction.is("COPY") && stageFolders.containsKey(from(instruction))) {
        sources.add(source(instruction));
      }
    }
    return sources;
  }

  private Path source(Instruction copy) {
    Path folder = stageFolders.get(from(copy));
    return folder.resolve(copy.words().get(0).replaceFirst("^/(src/)?", ""));
  }

  private static String from(Instruction copy) {
    return copy.flag("from").orElseThrow();
  }

  private static void copyInto(Path source, Instruction copy, Path root) throws IOException {
    String target = copy.words().get(1);
    Path to = root.resolve(target.substring(1));
    if (target.endsWith("/") && Files.isRegularFile(source)) {
      to = to.resolve(source.getFileName());
    }
    copy(source, to);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(path -> !Files.isDirectory(path)).toList()) {
        Path target = from.equals(file) ? to : to.resolve(from.relativize(file).toString());
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
  }
}
