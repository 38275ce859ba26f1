package io.digflink.export.checkpoint;

import io.digflink.export.checkpoint.PyContainer.PyObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One network's weights within a checkpoint.
 *
 * @param place where they are: keys and the common beginning of the names, for messages
 * @param tensors by their plain names
 * @param unread types of the values that should be tensors but are not read, by name
 */
record WeightSet(String place, Map<String, Tensor> tensors, Map<String, String> unread) {
  /** A tensor that every denoiser has: the official one, diffusers', and that of DiS. */
  static final List<String> DENOISERS =
      List.of("x_embedder.proj.weight", "pos_embed.proj.weight", "patch_embed.proj.weight");

  /** The same of every decoder. */
  static final List<String> DECODERS = List.of("decoder.conv_in.weight");

  /** The most networks that are looked for in one dict. */
  private static final int MOST = 16;

  /** Whether its place says that it is a moving average, and not the network beside one. */
  boolean isAverage() {
    return WeightNames.isAverage(place) && !place.contains("online_model");
  }

  /** The tensors in the order of the checkpoint. */
  StateDict dict() throws CheckpointException {
    for (Map.Entry<String, String> entry : unread.entrySet()) {
      throw new CheckpointException(
          "'%s' in %s is a %s; expected a tensor. %s"
              .formatted(entry.getKey(), shownPlace(), entry.getValue(), advice(entry.getValue())));
    }
    return StateDict.of(named(tensors));
  }

  /** Where it is, for messages. */
  String shownPlace() {
    return place.isEmpty() ? "the checkpoint itself" : place;
  }

  private static String advice(String type) {
    boolean sharded = type.contains("DTensor") || type.contains("Sharded");
    return sharded
        ? "The weights are sharded over processes: save them whole, with full_state_dict=True of"
            + " torch.distributed.checkpoint.state_dict or FullStateDictConfig of FSDP"
        : "Save model.state_dict() as tensors, in Python";
  }

  private static Collection<Tensor> named(Map<String, Tensor> tensors) {
    List<Tensor> named = new ArrayList<>();
    tensors.forEach((name, tensor) -> named.add(tensor.withName(name)));
    return named;
  }

  /**
   * Finds networks by a tensor that each has.
   *
   * @param place where the values are, for messages
   * @param values tensors, and values of other types, by name
   * @param anchors names of tensors, each of which marks a network
   */
  static List<WeightSet> find(String place, Map<String, Object> values, List<String> anchors) {
    Map<String, Object> plain = WeightNames.unwrapped(values);
    Set<String> prefixes = new LinkedHashSet<>();
    for (String name : plain.keySet()) {
      for (String anchor : anchors) {
        if ((name.equals(anchor) || name.endsWith("." + anchor)) && prefixes.size() < MOST) {
          prefixes.add(name.substring(0, name.length() - anchor.length()));
        }
      }
    }
    List<WeightSet> found = new ArrayList<>();
    for (String prefix : prefixes) {
      found.add(under(prefix, prefixes, place, plain));
    }
    List<WeightSet> dotless = new ArrayList<>();
    found.forEach(set -> dotless.addAll(set.withoutDots(place, plain)));
    found.addAll(dotless);
    return found;
  }

  private static WeightSet under(
      String prefix, Set<String> prefixes, String place, Map<String, Object> plain) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<String, String> unread = new LinkedHashMap<>();
    plain.forEach(
        (name, value) -> {
          boolean another =
              prefixes.stream().anyMatch(p -> p.length() > prefix.length() && name.startsWith(p));
          if (!name.startsWith(prefix) || another) {
            return;
          }
          String own = name.substring(prefix.length());
          if (value instanceof Tensor tensor && tensor.shape().length > 0) {
            tensors.put(own, tensor); // counters of averaging have no dimensions
          } else if (value instanceof PyObject object && isMeantAsWeight(own, object)) {
            unread.put(own, object.pythonType());
          }
        });
    String shown = prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1);
    return new WeightSet(joined(place, shown), tensors, unread);
  }

  private static boolean isMeantAsWeight(String name, PyObject value) {
    boolean parameter = name.contains(".") && !name.endsWith("_extra_state");
    return parameter || value.pythonType().matches(".*(Tensor|ndarray|_reconstruct).*");
  }

  /** Averages that a well-known class stores beside this network, without dots in the names. */
  private List<WeightSet> withoutDots(String within, Map<String, Object> plain) {
    Map<String, String> names = new LinkedHashMap<>();
    tensors.keySet().forEach(name -> names.put(name.replace(".", ""), name));
    Map<String, Map<String, Tensor>> byHolder = new LinkedHashMap<>();
    plain.forEach(
        (name, value) -> {
          String holder = name.substring(0, name.lastIndexOf('.') + 1);
          String original = names.get(name.substring(holder.length()));
          if (value instanceof Tensor tensor
              && original != null
              && original.contains(".")
              && WeightNames.isAverage(holder)) {
            byHolder.computeIfAbsent(holder, key -> new LinkedHashMap<>()).put(original, tensor);
          }
        });
    List<WeightSet> found = new ArrayList<>();
    byHolder.forEach(
        (holder, average) ->
            found.add(
                new WeightSet(
                    joined(within, holder.substring(0, holder.length() - 1)), average, Map.of())));
    return found;
  }

  /** A place within a place. */
  static String joined(String place, String inner) {
    return place.isEmpty() || inner.isEmpty() ? place + inner : place + "." + inner;
  }
}
