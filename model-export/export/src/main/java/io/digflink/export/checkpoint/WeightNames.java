package io.digflink.export.checkpoint;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Parameter names without what wrappers put before them and into them. */
final class WeightNames {
  /**
   * Parts of a name that stand for a wrapper: DistributedDataParallel and DataParallel,
   * torch.compile, FullyShardedDataParallel of two libraries, activation checkpointing, Lightning
   * Fabric.
   */
  private static final Set<String> WRAPPERS =
      Set.of(
          "module",
          "_orig_mod",
          "_fsdp_wrapped_module",
          "_fpw_module",
          "_checkpoint_wrapped_module",
          "_forward_module");

  /** Attributes under which training scripts hold their network. */
  private static final Set<String> HOLDERS =
      Set.of(
          "model", "ema_model", "online_model", "model_ema", "ema", "net", "network", "denoiser");

  /** Words in places that hold a moving average. */
  private static final Set<String> AVERAGES =
      Set.of("ema", "shadow", "averaged", "average", "avg", "swa", "polyak");

  private WeightNames() {}

  /**
   * Values by name without wrappers, and without holders that all names begin with. If two names
   * became equal, they all stay as they are.
   */
  static <T> Map<String, T> plain(Map<String, T> byName) {
    Map<String, T> plain = unwrapped(byName);
    while (!plain.isEmpty()) {
      String first = plain.keySet().iterator().next();
      String holder = first.substring(0, first.indexOf('.') + 1);
      if (holder.isEmpty()
          || !HOLDERS.contains(holder.substring(0, holder.length() - 1))
          || !plain.keySet().stream().allMatch(name -> name.startsWith(holder))) {
        break;
      }
      Map<String, T> shorter = new LinkedHashMap<>();
      plain.forEach((name, value) -> shorter.put(name.substring(holder.length()), value));
      plain = shorter;
    }
    return plain;
  }

  /** Values by name without wrappers; unchanged if two names became equal. */
  static <T> Map<String, T> unwrapped(Map<String, T> byName) {
    Map<String, T> unwrapped = new LinkedHashMap<>();
    byName.forEach((name, value) -> unwrapped.put(unwrapped(name), value));
    return unwrapped.size() == byName.size() ? unwrapped : byName;
  }

  private static String unwrapped(String name) {
    List<String> parts = Arrays.asList(name.split("\\.", -1));
    return parts.stream().filter(part -> !WRAPPERS.contains(part)).collect(Collectors.joining("."));
  }

  /** Whether a place in a checkpoint is named like a moving average of the weights. */
  static boolean isAverage(String place) {
    return Arrays.stream(place.toLowerCase(Locale.ROOT).split("[^a-z]+"))
        .anyMatch(AVERAGES::contains);
  }
}
