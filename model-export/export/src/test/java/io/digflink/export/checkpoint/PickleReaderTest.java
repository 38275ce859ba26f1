package io.digflink.export.checkpoint;

import static io.digflink.export.checkpoint.PickleOpcode.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.export.checkpoint.PyContainer.PyDict;
import io.digflink.export.checkpoint.PyContainer.PyList;
import io.digflink.export.checkpoint.PyContainer.PyTuple;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PickleReaderTest {

  @Test
  void readsNumbersStringsAndContainers() throws Exception {
    byte[] pickle =
        Pickle.protocol(2)
            .ops(EMPTY_DICT, MARK)
            .text("ümlaut")
            .op(BININT1, 255)
            .text("list")
            .ops(EMPTY_LIST, MARK, NONE, NEWTRUE)
            .op(BININT, 0xFE, 0xFF, 0xFF, 0xFF)
            .ops(APPENDS)
            .text("pair")
            .op(BINFLOAT, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0)
            .op(LONG1, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1)
            .ops(TUPLE2, SETITEMS)
            .stop();

    PyDict dict = (PyDict) read(pickle);
    assertThat(dict.items()).containsEntry("ümlaut", 255L);
    assertThat(((PyList) dict.items().get("list")).items()).containsExactly(null, true, -2L);
    assertThat(((PyTuple) dict.items().get("pair")).items())
        .containsExactly(1.5, BigInteger.ONE.shiftLeft(64));
  }

  @Test
  void readsWhatProtocolFourWrites() throws Exception {
    byte[] pickle =
        Pickle.protocol(4)
            .op(FRAME, 20, 0, 0, 0, 0, 0, 0, 0)
            .op(EMPTY_DICT)
            .op(MEMOIZE)
            .op(SHORT_BINUNICODE, 'a')
            .raw("key".repeat(32).concat("k").getBytes(StandardCharsets.UTF_8))
            .op(MEMOIZE)
            .op(BINGET, 1)
            .op(SETITEM)
            .stop();

    String key = "key".repeat(32).concat("k");
    assertThat(((PyDict) read(pickle)).items()).containsEntry(key, key);
  }

  @ParameterizedTest
  @CsvSource({
    "os, system",
    "posix, system",
    "builtins, eval",
    "builtins, getattr",
    "subprocess, Popen",
    "torch, load",
    "torch._utils, _rebuild_tensor_v2.__globals__",
    "collections, OrderedDict.fromkeys",
    "argparse, ArgumentParser"
  })
  void whatIsNotDataIsNamedAndRefused(String module, String name) {
    String message = "it refers to " + module + "." + name + ", which is not data. Expected only";
    byte[] call =
        Pickle.protocol(2).global(module, name).text("touch owned").ops(TUPLE1, REDUCE).stop();
    assertRefused(call).hasMessageContaining(message).hasMessageContaining("Nothing was executed");

    byte[] protocolFour =
        Pickle.protocol(4).text(module).text(name).ops(STACK_GLOBAL, EMPTY_TUPLE, NEWOBJ).stop();
    assertRefused(protocolFour).hasMessageContaining(message);

    byte[] instance =
        new Pickle()
            .ops(MARK, INST)
            .raw((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8))
            .stop();
    assertRefused(instance).hasMessageContaining(message);
  }

  @Test
  void whatIsAllowedIsNotCalledInOtherWays() {
    assertRefused(
            Pickle.protocol(2).global("torch", "FloatStorage").ops(EMPTY_TUPLE, REDUCE).stop())
        .hasMessageContaining("torch.FloatStorage is not called");
    assertRefused(Pickle.protocol(2).global("argparse", "Namespace").tuple(1).op(REDUCE).stop())
        .hasMessageContaining("Namespace is made with positional arguments");
    assertRefused(Pickle.protocol(2).text("os.system").ops(EMPTY_TUPLE, REDUCE).stop())
        .hasMessageContaining("cannot call a str with a tuple");
    assertRefused(Pickle.protocol(2).ops(EMPTY_DICT, EMPTY_DICT, BUILD).stop())
        .hasMessageContaining("a dict has no state to set");
    assertRefused(Pickle.protocol(2).text("a persistent id").op(BINPERSID).stop())
        .hasMessageContaining("a persistent id is not of the form");
  }

  @Test
  void aBombOfNestedTuplesEndsEarly() {
    assertRefused(Pickle.protocol(2).op(EMPTY_TUPLE).repeat(900_000, TUPLE1).stop())
        .hasMessageContaining("containers are nested more than 64 deep");
  }

  @Test
  void aBombOfRepeatedTuplesEndsEarly() {
    // Each tuple holds the one before twice: 2^n items in 3n bytes.
    Pickle pickle = Pickle.protocol(2).op(EMPTY_TUPLE);
    for (int i = 0; i < 1000; i++) {
      pickle.op(BINPUT, 0).op(BINGET, 0).op(TUPLE2);
    }
    assertRefused(pickle.stop()).hasMessageContaining("containers are nested more than 64 deep");
  }

  @Test
  void moreOpcodesThanAnyCheckpointHasAreRefused() {
    assertRefused(Pickle.protocol(4).repeat(1_000_000, EMPTY_LIST).stop())
        .hasMessageContaining("the pickle has more than 1000000 opcodes");
    assertRefused(Pickle.protocol(4).repeat(500_000, EMPTY_DICT, MEMOIZE).stop())
        .hasMessageContaining("the pickle has more than 1000000 opcodes");
  }

  @Test
  void forgedLengthsAreRefused() {
    assertRefused(Pickle.protocol(2).op(BINUNICODE, 0xFF, 0xFF, 0xFF, 0xFF).stop())
        .hasMessageContaining("a string of 4294967295 bytes; at most 1048576 are read");
    assertRefused(Pickle.protocol(2).op(BINUNICODE, 0xFF, 0, 0, 0).stop())
        .hasMessageContaining("the pickle ends too early: it is truncated");
  }

  @Test
  void opcodesThatTorchDoesNotWriteAreNamed() {
    assertRefused(Pickle.protocol(2).ops(EMPTY_LIST, DUP).stop())
        .hasMessageContaining("model.pt, byte 3 (DUP): torch.save does not write this opcode");
    assertRefused(Pickle.protocol(2).raw((byte) 0xFF).stop())
        .hasMessageContaining("there is no opcode 0xff");
    assertRefused(Pickle.protocol(6).stop()).hasMessageContaining("pickle protocol 6");
  }

  @Test
  void aStackThatDoesNotHoldWhatAnOpcodeTakesIsRefused() {
    assertRefused(Pickle.protocol(2).op(TUPLE2).stop()).hasMessageContaining("fewer than 2 values");
    assertRefused(Pickle.protocol(2).op(SETITEMS).stop()).hasMessageContaining("no mark");
    assertRefused(Pickle.protocol(2).stop()).hasMessageContaining("fewer than 1 values");
    assertRefused(Pickle.protocol(2).ops(EMPTY_LIST, MARK, APPEND).stop())
        .hasMessageContaining("fewer than 1 values");
    assertRefused(Pickle.protocol(2).op(BINGET, 7).stop())
        .hasMessageContaining("nothing was memoized at 7");
    assertRefused(Pickle.protocol(2).ops(EMPTY_DICT, NONE, APPEND).stop())
        .hasMessageContaining("cannot append to a dict");
    assertRefused(Pickle.protocol(2).ops(EMPTY_DICT, MARK, NONE, SETITEMS).stop())
        .hasMessageContaining("cannot set 1 keys and values in a dict");
  }

  private static AbstractThrowableAssert<?, ?> assertRefused(byte[] pickle) {
    return assertThatThrownBy(() -> read(pickle)).isInstanceOf(CheckpointException.class);
  }

  private static Object read(byte[] pickle) throws CheckpointException {
    PickleGlobals globals =
        new PickleGlobals(
            (dtype, key, elements) -> {
              throw new CheckpointException("no storages here");
            });
    return PickleReader.read("model.pt", ByteBuffer.wrap(pickle), globals);
  }
}
