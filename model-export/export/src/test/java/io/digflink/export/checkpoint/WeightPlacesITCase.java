package io.digflink.export.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where training scripts put weights, and what wrappers do to their names. */
class WeightPlacesITCase {
  private static final List<String> NAMES =
      List.of("pos_embed", "x_embedder.proj.weight", "blocks.0.attn.qkv.weight");

  /** The value of every element of the weights to take, and of those not to take. */
  private static final float RIGHT = 1;

  private static final float WRONG = 2;

  private static final int STORAGES = 2;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "module.",
        "_orig_mod.",
        "module._orig_mod.",
        "_orig_mod.module.",
        "_fsdp_wrapped_module.",
        "_checkpoint_wrapped_module.",
        "ema_model.",
        "ema_model.module.",
        "model.",
        "model._orig_mod.module.",
        "module.model._fsdp_wrapped_module._checkpoint_wrapped_module.",
        "a_users.own_class."
      })
  void prefixesAreRemovedInAnyOrder(String prefix) throws Exception {
    assertRight(read(weights(RIGHT, name -> prefix + name)).model());
    Pickle nested = dict("state_dict", weights(RIGHT, name -> prefix + name));
    assertRight(read(nested).model());
  }

  @Test
  void wrappersWithinNamesAreRemoved() throws Exception {
    assertRight(
        read(weights(
                RIGHT,
                name ->
                    "module."
                        + name.replace("blocks.0.", "blocks.0._checkpoint_wrapped_module.")
                            .replace("attn.", "attn._fsdp_wrapped_module._orig_mod.")))
            .model());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model",
        "state_dict",
        "model_state_dict",
        "module",
        "net",
        "weights",
        "params",
        "generator"
      })
  void weightsAreFoundUnderAnyKey(String key) throws Exception {
    Checkpoint checkpoint = read(dict(key, weights(RIGHT, name -> name)));
    assertRight(checkpoint.model());
    assertThat(checkpoint.ema()).isEmpty();
    assertThat(checkpoint.contents().model()).isEqualTo(key + ", 3 tensors");
    assertThat(checkpoint.contents().ignored()).containsExactly("epoch");
  }

  @ParameterizedTest
  @CsvSource({
    "ema",
    "model_ema",
    "ema_model",
    "state_dict_ema",
    "ema_state_dict",
    "averaged_model",
    "ema_0.9999"
  })
  void averagesAreFoundUnderAnyKey(String key) throws Exception {
    Checkpoint checkpoint =
        read(dict("model", weights(WRONG, name -> name), key, weights(RIGHT, name -> name)));
    assertRight(checkpoint.ema().orElseThrow());
    assertThat(checkpoint.model().get("pos_embed").toFloatArray()).containsOnly(WRONG);
    assertThat(checkpoint.contents().ema()).contains(key + ", 3 tensors");
  }

  @Test
  void anAverageIsFoundInItsObjectsState() throws Exception {
    assertRight(average(dict("shadow", weights(RIGHT, name -> name))));
    assertRight(average(dict("module", weights(RIGHT, name -> "module." + name))));
    Pickle lucid = weights(RIGHT, name -> "ema_model." + name);
    assertRight(average(merged(lucid, weights(WRONG, name -> "online_model." + name))));
  }

  @Test
  void anAverageWithoutDotsInItsNamesIsFound() throws Exception {
    Pickle trained = weights(WRONG, name -> "model." + name);
    Pickle average = weights(RIGHT, name -> "model_ema." + name.replace(".", ""));
    Checkpoint checkpoint = read(dict("state_dict", merged(trained, average)));
    assertThat(checkpoint.contents().ema())
        .hasValueSatisfying(ema -> assertThat(ema).contains("model_ema"));
    Tensor weight = checkpoint.ema().orElseThrow().get("blocks.0.attn.qkv.weight");
    assertThat(weight.toFloatArray()).containsOnly(RIGHT);
  }

  @Test
  void anAverageWithoutNamesHasTheOrderOfTheNetwork() throws Exception {
    Pickle list = new Pickle().ops(PickleOpcode.EMPTY_LIST, PickleOpcode.MARK);
    NAMES.forEach(name -> tensor(list, RIGHT, name));
    assertRight(average(dict("shadow_params", list.op(PickleOpcode.APPENDS))));

    Pickle single = new Pickle().ops(PickleOpcode.EMPTY_LIST, PickleOpcode.MARK);
    tensor(single, RIGHT, NAMES.get(1));
    Checkpoint checkpoint =
        read(
            dict(
                "model",
                weights(RIGHT, name -> name),
                "ema",
                dict("shadow_params", single.op(PickleOpcode.APPENDS))));
    assertRight(checkpoint.model());
    assertThat(checkpoint.ema()).isEmpty();
    assertThat(checkpoint.contents().emaProblem())
        .contains(
            "The 1 tensors of ema.shadow_params have no names, and do not have the order and shapes"
                + " of model, 3 tensors");
  }

  @Test
  void aWeightThatIsNoTensorIsRefusedOnlyWhereItIsWanted() throws Exception {
    Pickle sharded = new Pickle().ops(PickleOpcode.EMPTY_DICT, PickleOpcode.MARK);
    for (String name : NAMES) {
      sharded.text(name).global("torch.distributed.tensor", "DTensor");
      sharded.ops(PickleOpcode.EMPTY_TUPLE, PickleOpcode.REDUCE);
    }
    sharded.op(PickleOpcode.SETITEMS);
    Checkpoint checkpoint = read(dict("model", weights(RIGHT, name -> name), "ema", sharded));
    assertRight(checkpoint.model());
    assertThat(checkpoint.ema()).isEmpty();
    assertThat(checkpoint.contents().emaProblem())
        .hasValueSatisfying(problem -> assertThat(problem).contains("sharded over processes"));

    assertThatThrownBy(() -> read(dict("model", sharded, "epoch2", weights(WRONG, n -> "_" + n))))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("'pos_embed' in model is a torch.distributed.tensor.DTensor")
        .hasMessageContaining("full_state_dict=True");
  }

  @Test
  void aWholeModelIsNamedByItsClass() {
    Pickle object =
        new Pickle().global("models", "DiT").ops(PickleOpcode.EMPTY_TUPLE, PickleOpcode.NEWOBJ);
    assertThatThrownBy(() -> read(object))
        .hasMessageContaining("holds an object of class models.DiT; expected a state dict");
    assertThatThrownBy(() -> read(dict("model", object)))
        .hasMessageContaining("'model' is an object of class models.DiT; expected a state dict");
  }

  @Test
  void argumentsOfOmegaConfAreRead() throws Exception {
    Pickle node = omegaconf("AnyNode", "_val", new Pickle().text("DiT-S/2"));
    Pickle content = new Pickle().op(PickleOpcode.EMPTY_DICT).text("model");
    content.raw(node.bytes()).op(PickleOpcode.SETITEM);
    Pickle args = omegaconf("dictconfig.DictConfig", "_content", content);
    Checkpoint checkpoint = read(dict("model", weights(RIGHT, name -> name), "args", args));
    assertThat(checkpoint.args()).isEqualTo(Map.of("model", "DiT-S/2"));
  }

  private static Pickle omegaconf(String type, String attribute, Pickle value) {
    int dot = type.lastIndexOf('.');
    String module = dot < 0 ? "omegaconf.nodes" : "omegaconf." + type.substring(0, dot);
    Pickle pickle = new Pickle().global(module, type.substring(dot + 1));
    pickle.ops(PickleOpcode.EMPTY_TUPLE, PickleOpcode.NEWOBJ, PickleOpcode.EMPTY_DICT);
    return pickle.text(attribute).raw(value.bytes()).ops(PickleOpcode.SETITEM, PickleOpcode.BUILD);
  }

  private StateDict average(Pickle average) throws Exception {
    Checkpoint checkpoint = read(dict("model", weights(WRONG, name -> name), "ema", average));
    return checkpoint.ema().orElseThrow();
  }

  private static void assertRight(StateDict dict) {
    assertThat(dict.names()).containsExactlyInAnyOrderElementsOf(NAMES);
    for (String name : NAMES) {
      assertThat(dict.get(name).toFloatArray()).as(name).containsOnly(RIGHT);
    }
  }

  private Checkpoint read(Pickle value) throws CheckpointException {
    byte[] pickle = Pickle.protocol(2).raw(value.bytes()).stop();
    TorchFile archive = TorchFile.of(pickle);
    for (int i = 0; i < STORAGES; i++) {
      float element = i % 2 == 0 ? RIGHT : WRONG;
      archive.floats("" + i, element, element, element, element, element, element);
    }
    return archive.read();
  }

  private Pickle weights(float value, UnaryOperator<String> naming) {
    Pickle pickle = new Pickle().ops(PickleOpcode.EMPTY_DICT, PickleOpcode.MARK);
    for (String name : NAMES) {
      pickle.text(naming.apply(name));
      tensor(pickle, value, name);
    }
    return pickle.op(PickleOpcode.SETITEMS);
  }

  /** A tensor of a shape of its own. */
  private void tensor(Pickle pickle, float value, String name) {
    long rows = 1 + NAMES.indexOf(name);
    pickle.tensor(
        "FloatStorage", value == RIGHT ? "0" : "1", 6, 0, new long[] {rows, 2}, new long[] {2, 1});
  }

  private static Pickle merged(Pickle first, Pickle second) {
    // Both are EMPTY_DICT, MARK, items, SETITEMS: the second one's items are set in the first.
    byte[] items = second.bytes();
    return new Pickle().raw(first.bytes()).raw(Arrays.copyOfRange(items, 1, items.length));
  }

  private static Pickle dict(String key, Pickle value) {
    return dict(key, value, "epoch", new Pickle().number(3));
  }

  private static Pickle dict(String key, Pickle value, String other, Pickle otherValue) {
    return new Pickle()
        .ops(PickleOpcode.EMPTY_DICT, PickleOpcode.MARK)
        .text(key)
        .raw(value.bytes())
        .text(other)
        .raw(otherValue.bytes())
        .op(PickleOpcode.SETITEMS);
  }
}
