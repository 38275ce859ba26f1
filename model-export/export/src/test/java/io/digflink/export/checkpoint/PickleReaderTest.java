package io.digflink.export.checkpoint;

import static io.digflink.export.checkpoint.PickleOpcode.*;
import static io.digflink.export.checkpoint.PickleOpcode.ADDITEMS;
import static io.digflink.export.checkpoint.PickleOpcode.APPENDS;
import static io.digflink.export.checkpoint.PickleOpcode.BINBYTES;
import static io.digflink.export.checkpoint.PickleOpcode.BINBYTES8;
import static io.digflink.export.checkpoint.PickleOpcode.BUILD;
import static io.digflink.export.checkpoint.PickleOpcode.BYTEARRAY8;
import static io.digflink.export.checkpoint.PickleOpcode.EMPTY_SET;
import static io.digflink.export.checkpoint.PickleOpcode.FROZENSET;
import static io.digflink.export.checkpoint.PickleOpcode.INT;
import static io.digflink.export.checkpoint.PickleOpcode.LONG;
import static io.digflink.export.checkpoint.PickleOpcode.LONG4;
import static io.digflink.export.checkpoint.PickleOpcode.MARK;
import static io.digflink.export.checkpoint.PickleOpcode.NEWOBJ;
import static io.digflink.export.checkpoint.PickleOpcode.NEWTRUE;
import static io.digflink.export.checkpoint.PickleOpcode.NONE;
import static io.digflink.export.checkpoint.PickleOpcode.REDUCE;
import static io.digflink.export.checkpoint.PickleOpcode.SETITEMS;
import static io.digflink.export.checkpoint.PickleOpcode.SHORT_BINBYTES;
import static io.digflink.export.checkpoint.PickleOpcode.STACK_GLOBAL;
import static io.digflink.export.checkpoint.PickleOpcode.TUPLE2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.export.checkpoint.PyContainer.PyDict;
import io.digflink.export.checkpoint.PyContainer.PyList;
import io.digflink.export.checkpoint.PyContainer.PyObject;
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

  @ParameterizedTest
  @CsvSource({
    "torch, device",
    "numpy.core.multiarray, scalar",
    "numpy._core.multiarray, _reconstruct",
    "numpy.random._pickle, __generator_ctor",
    "pathlib, PosixPath",
    "datetime, datetime",
    "builtins, set",
    "__builtin__, frozenset",
    "_codecs, encode",
    "omegaconf.dictconfig, DictConfig",
    "collections, deque",
    "functools, partial",
    "torch.optim.adam, Adam",
    "torch._utils, _rebuild_sparse_tensor",
    "torch, ComplexFloatStorage",
    "my.training, Config.Nested"
  })
  void objectsThatNobodyNeedsAreInertPlaceholders(String module, String name) throws Exception {
    String type = module + "." + name;
    byte[] reduced =
        Pickle.protocol(2)
            .global(module, name)
            .text("argument")
            .ops(TUPLE1, REDUCE, EMPTY_DICT)
            .text("key")
            .number(1)
            .ops(SETITEM, BUILD)
            .stop();
    assertThat(read(reduced))
        .isInstanceOfSatisfying(
            PyObject.class,
            object -> {
              assertThat(object.pythonType()).isEqualTo(type);
              assertThat(object.attributes().items()).containsEntry("key", 1L);
            });

    Pickle made = Pickle.protocol(4).text(module).text(name).ops(STACK_GLOBAL, EMPTY_TUPLE);
    byte[] filled =
        made.op(NEWOBJ).ops(MARK, NONE, APPENDS, MARK).number(1).text("one").op(SETITEMS).stop();
    assertThat(read(filled)).isInstanceOf(PyObject.class);
  }

  @Test
  void keysOfEveryTypeAreRead() throws Exception {
    byte[] pickle =
        Pickle.protocol(2)
            .ops(EMPTY_DICT, MARK)
            .tuple(1, 2)
            .number(3)
            .ops(NONE, NEWTRUE)
            .global("torch", "float16")
            .number(4)
            .ops(SETITEMS)
            .stop();
    assertThat(((PyDict) read(pickle)).items()).hasSize(3).containsEntry(null, true);
  }

  @Test
  void setsBytesAndLongNumbersAreRead() throws Exception {
    assertThat(read(Pickle.protocol(4).ops(EMPTY_SET, MARK, NONE, ADDITEMS).stop()))
        .isInstanceOf(PyObject.class);
    assertThat(read(Pickle.protocol(4).ops(MARK, NONE, FROZENSET).stop()))
        .isInstanceOf(PyObject.class);
    assertThat(read(Pickle.protocol(3).op(SHORT_BINBYTES, 2, 1, 2).stop()))
        .isInstanceOf(PyObject.class);
    assertThat(read(Pickle.protocol(3).op(BINBYTES, 1, 0, 0, 0, 9).stop()))
        .isInstanceOf(PyObject.class);
    assertThat(read(Pickle.protocol(5).op(BYTEARRAY8, 1, 0, 0, 0, 0, 0, 0, 0, 9).stop()))
        .isInstanceOf(PyObject.class);
    assertThat(read(Pickle.protocol(2).op(LONG4, 1, 0, 0, 0, 9).stop())).isEqualTo(9L);
    assertThat(read(new Pickle().op(INT, '0', '1', 10).stop())).isEqualTo(true);
    assertThat(read(new Pickle().op(LONG, '-', '7', 'L', 10).stop())).isEqualTo(-7L);
    assertRefused(Pickle.protocol(4).op(BINBYTES8, 0, 0, 0, 0, 0, 0, 0, 0x7F).stop())
        .hasMessageContaining("the pickle ends too early");
    assertRefused(new Pickle().op(LONG, 'x', 10).stop())
        .hasMessageContaining("an integer is not written in at most 1000 decimal digits");
  }

  @Test
  void membersOfEnumerationsAreInertButNoOtherAttributesAre() throws Exception {
    Pickle member = Pickle.protocol(4).global("builtins", "getattr");
    byte[] red = member.global("my.training", "Color").text("RED").ops(TUPLE2, REDUCE).stop();
    assertThat(read(red))
        .isInstanceOfSatisfying(
            PyObject.class,
            object -> assertThat(object.pythonType()).isEqualTo("my.training.Color"));

    Pickle dunder = Pickle.protocol(4).global("builtins", "getattr");
    assertRefused(
            dunder.global("my.training", "Color").text("__globals__").ops(TUPLE2, REDUCE).stop())
        .hasMessageContaining("it refers to builtins.getattr, which is not data");
  }

  @ParameterizedTest
  @CsvSource({
    "os, popen",
    "nt, system",
    "sys, exit",
    "builtins, exec",
    "__builtin__, open",
    "importlib, import_module",
    "runpy, run_path",
    "shutil, rmtree",
    "socket, socket",
    "ctypes, CDLL",
    "pickle, loads",
    "marshal, loads",
    "types, FunctionType",
    "torch.hub, load",
    "torch.jit, load",
    "torch.fx.graph_module, reduce_graph_module",
    "torch.utils.cpp_extension, load",
    "numpy.testing._private.utils, runstring",
    "numpy, memmap",
    "my.module, Class.__init__.__globals__"
  })
  void namesThatRunOrLoadSomethingAreRefusedWhereverTheyAre(String module, String name) {
    byte[] beside =
        Pickle.protocol(2)
            .ops(EMPTY_DICT)
            .text("nobody needs it")
            .global(module, name)
            .ops(SETITEM)
            .stop();
    assertRefused(beside)
        .hasMessageContaining("it refers to " + module + "." + name + ", which is not data")
        .hasMessageContaining("Nothing was executed");
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
