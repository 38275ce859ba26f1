package io.digflink.cli.client;

import io.digflink.runtime.model.Capabilities;
import io.digflink.runtime.model.UnservableException;
import java.util.ArrayList;
import java.util.List;

/**
 * The classes that a command line asks for. Every argument is a list of names and numbers separated
 * by commas; a name with a comma stands in double quotes. Where the model is known, an argument
 * that is the name of a class as a whole needs no quotes.
 *
 * @param numbers classes by number
 * @param names classes by name
 */
public record LabelList(List<Integer> numbers, List<String> names) {
  public LabelList {
    numbers = List.copyOf(numbers);
    names = List.copyOf(names);
  }

  /**
   * Reads arguments for a model that only the other side knows.
   *
   * @throws IllegalArgumentException if a quote is not closed, or there is nothing between commas
   */
  public static LabelList parse(List<String> arguments) {
    List<Integer> numbers = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (String argument : arguments) {
      for (String entry : split(argument)) {
        if (entry.matches("\\d{1,9}")) {
          numbers.add(Integer.valueOf(entry));
        } else {
          names.add(entry);
        }
      }
    }
    return new LabelList(numbers, names);
  }

  /**
   * Reads arguments for a model.
   *
   * @throws IllegalArgumentException if a quote is not closed, or there is nothing between commas
   * @throws UnservableException if the model has no such class, or several of one name
   */
  public static LabelList parse(List<String> arguments, Capabilities model)
      throws UnservableException {
    List<Integer> numbers = new ArrayList<>();
    for (String argument : arguments) {
      String whole = argument.strip();
      for (String entry : model.hasClassNamed(whole) ? List.of(whole) : split(argument)) {
        numbers.add(model.label(entry));
      }
    }
    return new LabelList(numbers, List.of());
  }

  /** How many classes are asked for. */
  public int size() {
    return numbers.size() + names.size();
  }

  private static List<String> split(String argument) {
    List<String> entries = new ArrayList<>();
    StringBuilder entry = new StringBuilder();
    boolean quoted = false;
    for (char c : argument.toCharArray()) {
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        add(entry, argument, entries);
      } else {
        entry.append(c);
      }
    }
    if (quoted) {
      throw new IllegalArgumentException(
          "Expected a second double quote in " + argument + ", found one");
    }
    add(entry, argument, entries);
    return entries;
  }

  private static void add(StringBuilder entry, String argument, List<String> entries) {
    String name = entry.toString().strip();
    if (name.isEmpty()) {
      throw new IllegalArgumentException(
          "Expected class names or numbers separated by commas, found \""
              + argument
              + "\" with nothing before or after a comma");
    }
    entries.add(name);
    entry.setLength(0);
  }
}
