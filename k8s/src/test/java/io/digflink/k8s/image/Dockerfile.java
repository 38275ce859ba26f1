package io.digflink.k8s.image;

import java.util.ArrayList;
import java.util.List;

/**
 * A Dockerfile's build stages.
 *
 * @param stages in the order of the file
 */
record Dockerfile(List<Stage> stages) {
  private static final String IGNORE = "# hadolint ignore=";

  /**
   * One stage.
   *
   * @param name after AS; empty where there is none
   * @param base the image or the stage that it starts from
   * @param instructions FROM first
   */
  record Stage(String name, String base, List<Instruction> instructions) {}

  /** Parses a Dockerfile. */
  static Dockerfile parse(String text) {
    List<Stage> stages = new ArrayList<>();
    for (Instruction instruction : instructions(text)) {
      if (instruction.is("FROM")) {
        List<String> words = instruction.words();
        String name = words.size() == 3 ? words.get(2) : "";
        stages.add(new Stage(name, words.get(0), new ArrayList<>()));
      }
      stages.get(stages.size() - 1).instructions().add(instruction);
    }
    return new Dockerfile(stages);
  }

  private static List<Instruction> instructions(String text) {
    List<Instruction> instructions = new ArrayList<>();
    List<String> ignored = List.of();
    StringBuilder joined = new StringBuilder();
    List<String> lines = text.lines().toList();
    int first = 0;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (joined.isEmpty() && line.startsWith(IGNORE)) {
        ignored = List.of(line.substring(IGNORE.length()).split(","));
      }
      if (line.isBlank() || line.stripLeading().startsWith("#")) {
        continue;
      }
      first = joined.isEmpty() ? i + 1 : first;
      boolean continues = line.endsWith("\\");
      joined.append(continues ? line.substring(0, line.length() - 1) : line);
      if (!continues) {
        instructions.add(Instruction.parse(first, joined.toString(), ignored));
        joined.setLength(0);
        ignored = List.of();
      }
    }
    return instructions;
  }

  /** The stage of a name. */
  Stage stage(String name) {
    return stages.stream()
        .filter(stage -> stage.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("There is no stage " + name));
  }

  /** Whether a stage has this name. */
  boolean hasStage(String name) {
    return stages.stream().anyMatch(stage -> stage.name().equals(name));
  }
}
