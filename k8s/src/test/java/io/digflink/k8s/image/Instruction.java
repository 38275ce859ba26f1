package io.digflink.k8s.image;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One instruction of a Dockerfile.
 *
 * @param line its first line, from 1
 * @param keyword such as {@code COPY}
 * @param flags its options, such as {@code --from=build}
 * @param arguments the rest, continuation lines joined
 * @param ignored the hadolint rules that a comment before it switches off
 */
record Instruction(
    int line, String keyword, List<String> flags, String arguments, List<String> ignored) {

  /** Parses an instruction whose continuation lines are joined. */
  static Instruction parse(int line, String text, List<String> ignored) {
    String[] words = text.strip().split("\\s+");
    List<String> flags =
        Arrays.stream(words).skip(1).takeWhile(word -> word.startsWith("--")).toList();
    int restStart = 0;
    for (int i = 0; i < 1 + flags.size(); i++) {
      restStart = text.indexOf(words[i], restStart) + words[i].length();
    }
    return new Instruction(line, words[0], flags, text.substring(restStart).strip(), ignored);
  }

  /** The value of an option. */
  Optional<String> flag(String name) {
    String start = "--" + name + "=";
    return flags.stream()
        .filter(flag -> flag.startsWith(start))
        .map(flag -> flag.substring(start.length()))
        .findFirst();
  }

  /** The arguments as words. */
  List<String> words() {
    return List.of(arguments.split("\\s+"));
  }

  boolean is(String name) {
    return keyword.equals(name);
  }
}
