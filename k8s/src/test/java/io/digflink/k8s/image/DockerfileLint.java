package io.digflink.k8s.image;

import io.digflink.k8s.image.Dockerfile.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Rules of hadolint, under its numbers, that concern what is used here: tags, package installation,
 * the user, paths, and the form of commands.
 */
final class DockerfileLint {
  private record Rule(String number, String says, String keyword, Predicate<Instruction> broken) {}

  private static final Pattern APT_INSTALL = Pattern.compile("apt-get install ([^&|;]*)");

  private static final List<Rule> RULES =
      List.of(
          new Rule(
              "DL3000", "Use absolute WORKDIR", "WORKDIR", i -> !i.arguments().startsWith("/")),
          new Rule("DL3004", "Do not use sudo", "RUN", i -> i.words().contains("sudo")),
          new Rule(
              "DL3008",
              "Pin versions in apt-get install",
              "RUN",
              i -> packages(i).stream().anyMatch(name -> !name.contains("="))),
          new Rule(
              "DL3009",
              "Delete the apt-get lists after installing something",
              "RUN",
              i -> installs(i) && !i.arguments().contains("rm -rf /var/lib/apt/lists/*")),
          new Rule(
              "DL3014", "Use the -y switch", "RUN", i -> installs(i) && !i.words().contains("-y")),
          new Rule(
              "DL3015",
              "Avoid additional packages by specifying --no-install-recommends",
              "RUN",
              i -> installs(i) && !i.words().contains("--no-install-recommends")),
          new Rule("DL3020", "Use COPY instead of ADD for files and folders", "ADD", i -> true),
          new Rule(
              "DL3025", "Use JSON notation for CMD", "CMD", i -> !i.arguments().startsWith("[")),
          new Rule(
              "DL3025",
              "Use JSON notation for ENTRYPOINT",
              "ENTRYPOINT",
              i -> !i.arguments().startsWith("[")),
          new Rule("DL3027", "Do not use apt but apt-get", "RUN", i -> i.words().contains("apt")),
          new Rule(
              "DL4001",
              "Fetch files with packages or COPY",
              "RUN",
              i -> i.words().contains("wget")),
          new Rule("DL4000", "MAINTAINER is deprecated", "MAINTAINER", i -> true),
          new Rule(
              "DL4006",
              "Set the SHELL option -o pipefail before RUN with a pipe in it",
              "RUN",
              i -> i.arguments().replace("||", "").contains("|")));

  private DockerfileLint() {}

  /** What hadolint would say, as {@code line: rule text}. */
  static List<String> findings(Dockerfile dockerfile) {
    List<String> findings = new ArrayList<>();
    for (Stage stage : dockerfile.stages()) {
      checkBase(dockerfile, stage, findings);
      for (Instruction instruction : stage.instructions()) {
        for (Rule rule : RULES) {
          if (instruction.is(rule.keyword()) && rule.broken().test(instruction)) {
            report(instruction, rule.number() + " " + rule.says(), findings);
          }
        }
      }
      checkConsecutiveRuns(stage, findings);
    }
    checkUser(dockerfile.stages().get(dockerfile.stages().size() - 1), findings);
    return findings;
  }

  private static void checkBase(Dockerfile dockerfile, Stage stage, List<String> findings) {
    Instruction from = stage.instructions().get(0);
    String base = stage.base();
    if (!dockerfile.hasStage(base)) {
      if (!base.contains(":")) {
        report(from, "DL3006 Always tag the version of an image explicitly", findings);
      } else if (base.endsWith(":latest")) {
        report(from, "DL3007 Using latest is prone to errors", findings);
      }
    }
  }

  private static void checkConsecutiveRuns(Stage stage, List<String> findings) {
    for (int i = 1; i < stage.instructions().size(); i++) {
      Instruction instruction = stage.instructions().get(i);
      if (instruction.is("RUN") && stage.instructions().get(i - 1).is("RUN")) {
        report(instruction, "DL3059 Multiple consecutive RUN instructions", findings);
      }
    }
  }

  private static void checkUser(Stage last, List<String> findings) {
    Instruction end = last.instructions().get(last.instructions().size() - 1);
    String user =
        last.instructions().stream()
            .filter(instruction -> instruction.is("USER"))
            .map(Instruction::arguments)
            .reduce("root", (before, after) -> after);
    if (user.startsWith("root") || user.equals("0") || user.startsWith("0:")) {
      report(end, "DL3002 Last USER should not be root", findings);
    }
  }

  private static void report(Instruction instruction, String finding, List<String> findings) {
    if (!instruction.ignored().contains(finding.substring(0, finding.indexOf(' ')))) {
      findings.add(instruction.line() + ": " + finding);
    }
  }

  private static boolean installs(Instruction instruction) {
    return APT_INSTALL.matcher(instruction.arguments()).find();
  }

  private static List<String> packages(Instruction instruction) {
    return APT_INSTALL
        .matcher(instruction.arguments())
        .results()
        .flatMap(install -> List.of(install.group(1).strip().split("\\s+")).stream())
        .filter(word -> !word.startsWith("-"))
        .toList();
  }
}
