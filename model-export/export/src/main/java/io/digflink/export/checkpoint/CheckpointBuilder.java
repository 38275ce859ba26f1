package io.digflink.export.checkpoint;

import io.digflink.export.checkpoint.Checkpoint.Contents;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Chooses from the networks that a checkpoint has: one as it was trained, and one average of it.
 */
final class CheckpointBuilder {
  /** Keys that training scripts save a network under; those that come first are preferred. */
  private static final List<String> KEYS =
      List.of("model", "state_dict", "model_state_dict", "module");

  private final List<WeightSet> trained = new ArrayList<>();
  private final List<WeightSet> averages = new ArrayList<>();
  private final Map<String, List<Tensor>> unnamed = new LinkedHashMap<>();
  private final List<String> ignored = new ArrayList<>();
  private Optional<String> emaProblem = Optional.empty();

  /** Adds the networks that were found. */
  void add(List<WeightSet> sets) {
    for (WeightSet set : sets) {
      (set.isAverage() ? averages : trained).add(set);
    }
  }

  /** Adds an average whose tensors have no names, but the order of the network's parameters. */
  void addUnnamed(String place, List<Tensor> tensors) {
    unnamed.put(place, tensors);
  }

  /** Adds something that is not taken. */
  void addIgnored(String what) {
    ignored.add(what);
  }

  /** Whether something of the checkpoint under this key is a network. */
  boolean takesFrom(Object key) {
    return Stream.of(trained, averages)
        .flatMap(List::stream)
        .map(WeightSet::place)
        .collect(Collectors.toCollection(() -> new ArrayList<>(unnamed.keySet())))
        .stream()
        .anyMatch(place -> firstOf(place).equals(key));
  }

  /** Whether no network was found. */
  boolean isEmpty() {
    return trained.isEmpty() && averages.isEmpty();
  }

  /**
   * @throws CheckpointException if what should be weights is not
   */
  Checkpoint build(Map<String, Object> args, String sha256, Path source)
      throws CheckpointException {
    Optional<WeightSet> model =
        KEYS.stream()
            .flatMap(key -> trained.stream().filter(set -> firstOf(set.place()).equals(key)))
            .findFirst()
            .or(() -> trained.stream().findFirst());
    Optional<WeightSet> average = average(model);
    trained.stream().filter(set -> model.get() != set).forEach(set -> addIgnored(shown(set)));
    averages.stream().filter(set -> average.get() != set).forEach(set -> addIgnored(shown(set)));
    Optional<StateDict> ema = Optional.empty();
    Optional<String> modelProblem = Optional.empty();
    try {
      ema = average.isPresent() ? Optional.of(official(average.get())) : ema;
    } catch (CheckpointException e) {
      if (model.isEmpty()) {
        throw e;
      }
      emaProblem = Optional.of(e.getMessage());
    }
    StateDict dict = ema.orElse(null);
    try {
      dict = model.isPresent() ? official(model.get()) : dict;
    } catch (CheckpointException e) {
      if (ema.isEmpty()) {
        throw e;
      }
      modelProblem = Optional.of(e.getMessage());
    }
    Contents contents =
        new Contents(
            shown(model.or(() -> average).get()),
            ema.isPresent() ? average.map(CheckpointBuilder::shown) : Optional.empty(),
            ignored,
            modelProblem,
            emaProblem);
    return new Checkpoint(dict, ema, args, sha256, source, contents);
  }

  /** The average to take, with the frozen tensors that it leaves out. */
  private Optional<WeightSet> average(Optional<WeightSet> model) {
    if (!averages.isEmpty()) {
      WeightSet first = averages.get(0);
      model.ifPresent(
          set -> {
            Tensor positions = set.tensors().get("pos_embed");
            if (positions != null) {
              first.tensors().putIfAbsent("pos_embed", positions);
            }
          });
      unnamed.keySet().forEach(this::addIgnored);
      return Optional.of(first);
    }
    for (Map.Entry<String, List<Tensor>> list : unnamed.entrySet()) {
      Optional<Map<String, Tensor>> named =
          model.flatMap(set -> named(set.tensors(), list.getValue()));
      if (named.isPresent()) {
        WeightSet set = new WeightSet(list.getKey(), named.get(), Map.of());
        averages.add(set);
        return Optional.of(set);
      }
      emaProblem =
          Optional.of(
              "The %d tensors of %s have no names, and do not have the order and shapes of %s"
                  .formatted(
                      list.getValue().size(),
                      list.getKey(),
                      model.map(CheckpointBuilder::shown).orElse("a network, which is missing")));
      addIgnored(list.getKey());
    }
    return Optional.empty();
  }

  /** Gives tensors the names of a network's parameters; its frozen positions may be left out. */
  private static Optional<Map<String, Tensor>> named(
      Map<String, Tensor> network, List<Tensor> tensors) {
    Map<String, Tensor> named = new LinkedHashMap<>();
    boolean frozen = tensors.size() == network.size() - 1 && network.containsKey("pos_embed");
    int next = 0;
    for (Map.Entry<String, Tensor> parameter : network.entrySet()) {
      if (frozen && parameter.getKey().equals("pos_embed")) {
        named.put(parameter.getKey(), parameter.getValue());
      } else if (next < tensors.size()
          && Arrays.equals(tensors.get(next).shape(), parameter.getValue().shape())) {
        named.put(parameter.getKey(), tensors.get(next++));
      } else {
        return Optional.empty();
      }
    }
    return next == tensors.size() ? Optional.of(named) : Optional.empty();
  }

  private static StateDict official(WeightSet set) throws CheckpointException {
    StateDict dict = set.dict();
    return DiffusersNames.areIn(dict) ? DiffusersNames.official(dict) : dict;
  }

  private static String firstOf(String place) {
    return place.contains(".") ? place.substring(0, place.indexOf('.')) : place;
  }

  private static String shown(WeightSet set) {
    return "%s, %d tensors".formatted(set.shownPlace(), set.tensors().size());
  }
}
