package io.digflink.export.checkpoint;

import io.digflink.export.checkpoint.PyContainer.PyDict;
import io.digflink.export.checkpoint.PyContainer.PyList;
import io.digflink.export.checkpoint.PyContainer.PyObject;
import io.digflink.export.checkpoint.PyContainer.PyTuple;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a pickle as data. A pickle is a program for a stack machine that may name and call any
 * Python function; this machine knows the opcodes that {@code torch.save} writes, and the names of
 * {@link PickleGlobals} that make tensors and containers. Objects of other classes become inert
 * placeholders; it stops at everything else.
 *
 * <p>Values are {@code null}, {@link Boolean}, {@link Long}, {@link BigInteger}, {@link Double},
 * {@link String}, {@link PyContainer}, {@link Tensor} and {@link TorchStorage}. Memory is bounded
 * by the number of opcodes.
 *
 * @see <a href="https://docs.python.org/3/library/pickletools.html">pickletools</a>
 */
final class PickleReader {
  /** A DiG-XL/2 with its optimizer takes about 100,000. */
  private static final int MAX_OPCODES = 1_000_000;

  private static final int MAX_PROTOCOL = 5;

  private final String label;
  private final PickleInput in;
  private final PickleGlobals globals;
  private final List<Object> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();

  private PickleReader(String label, ByteBuffer in, PickleGlobals globals) {
    this.label = label;
    this.in = new PickleInput(in);
    this.globals = globals;
  }

  /**
   * Reads one pickle.
   *
   * @param label the name of the pickle, for messages
   * @return the pickled value
   */
  static Object read(String label, ByteBuffer pickle, PickleGlobals globals)
      throws CheckpointException {
    return new PickleReader(label, pickle, globals).run();
  }

  private Object run() throws CheckpointException {
    int start = 0;
    PickleOpcode opcode = null;
    try {
      for (int executed = 0; executed < MAX_OPCODES; executed++) {
        start = in.position();
        opcode = null; // until the byte is read
        int code = in.unsignedByte();
        opcode = PickleOpcode.of(code);
        if (opcode == null) {
          throw new CheckpointException("there is no opcode 0x%02x".formatted(code & 0xFF));
        }
        if (opcode == PickleOpcode.STOP) {
          return pop();
        }
        execute(opcode);
      }
    } catch (BufferUnderflowException e) {
      throw fail(opcode, start, "the pickle ends too early: it is truncated", e);
    } catch (CheckpointException e) {
      throw fail(opcode, start, e.getMessage(), e);
    }
    throw fail(opcode, start, "the pickle has more than %d opcodes".formatted(MAX_OPCODES), null);
  }

  private CheckpointException fail(
      PickleOpcode opcode, int position, String message, Exception cause) {
    String where = opcode == null ? "" : " (" + opcode + ")";
    return new CheckpointException(
        "%s, byte %d%s: %s".formatted(label, position, where, message), cause);
  }

  private void execute(PickleOpcode opcode) throws CheckpointException {
    switch (opcode) {
      case PROTO -> checkProtocol(in.unsignedByte());
      case FRAME -> in.skip(Long.BYTES);
      case MARK -> marks.add(stack.size());
      case POP -> pop();
      case POP_MARK -> popToMark();
      case EMPTY_TUPLE -> push(new PyTuple());
      case TUPLE1 -> push(new PyTuple(popLast(1)));
      case TUPLE2 -> push(new PyTuple(popLast(2)));
      case TUPLE3 -> push(new PyTuple(popLast(3)));
      case TUPLE -> push(new PyTuple(popToMark()));
      case EMPTY_LIST -> push(new PyList());
      case APPEND -> append(pop());
      case APPENDS -> append(popToMark());
      case EMPTY_DICT -> push(new PyDict("dict"));
      case SETITEM -> setItems(popLast(2));
      case SETITEMS -> setItems(popToMark());
      case EMPTY_SET -> push(new PyObject("set"));
      case ADDITEMS -> addItems(popToMark());
      case FROZENSET -> frozenSet(popToMark());
      case PUT -> memo.put((int) lineIndex(), peek());
      case BINPUT -> memo.put(in.unsignedByte(), peek());
      case LONG_BINPUT -> memo.put(in.int32(), peek());
      case MEMOIZE -> memo.put(memo.size(), peek());
      case GET -> push(memoized((int) lineIndex()));
      case BINGET -> push(memoized(in.unsignedByte()));
      case LONG_BINGET -> push(memoized(in.int32()));
      case GLOBAL -> push(globals.find(in.line(), in.line()));
      case STACK_GLOBAL -> stackGlobal();
      case INST -> refuseInstance();
      case REDUCE, NEWOBJ -> call(popLast(2));
      case NEWOBJ_EX -> call(Arrays.copyOf(popLast(3), 2));
      case BUILD -> build(pop());
      case BINPERSID -> push(globals.persistentLoad(pop()));
      default -> push(atom(opcode));
    }
  }

  /** A value that no other value is part of. */
  private Object atom(PickleOpcode opcode) throws CheckpointException {
    return switch (opcode) {
      case NONE -> null;
      case NEWTRUE -> true;
      case NEWFALSE -> false;
      case BININT -> (long) in.int32();
      case BININT1 -> (long) in.unsignedByte();
      case BININT2 -> (long) in.unsignedShort();
      case LONG1 -> in.integer(in.unsignedByte());
      case LONG4 -> in.integer(in.unsignedInt());
      case INT, LONG -> in.decimal();
      case BINFLOAT -> in.real();
      case BINUNICODE -> in.string(in.unsignedInt());
      case SHORT_BINUNICODE -> in.string(in.unsignedByte());
      case BINUNICODE8 -> in.string(in.int64());
      case SHORT_BINBYTES -> bytes(in.unsignedByte());
      case BINBYTES -> bytes(in.unsignedInt());
      case BINBYTES8, BYTEARRAY8 -> bytes(in.int64());
      default -> throw new CheckpointException("torch.save does not write this opcode");
    };
  }

  /** Bytes are never weights: only that they are there is kept. */
  private PyObject bytes(long length) {
    in.skip(length);
    return new PyObject("bytes");
  }

  private long lineIndex() throws CheckpointException {
    if (in.decimal() instanceof Long index && index == index.intValue()) {
      return index;
    }
    throw new CheckpointException("the index of a memoized value is not a number");
  }

  private static void checkProtocol(int protocol) throws CheckpointException {
    if (protocol > MAX_PROTOCOL) {
      throw new CheckpointException(
          "pickle protocol %d; expected 2 to %d".formatted(protocol, MAX_PROTOCOL));
    }
  }

  private void push(Object value) {
    stack.add(value);
  }

  private Object peek() throws CheckpointException {
    requireItems(1);
    return stack.get(stack.size() - 1);
  }

  private Object pop() throws CheckpointException {
    requireItems(1);
    return stack.remove(stack.size() - 1);
  }

  private Object[] popLast(int count) throws CheckpointException {
    requireItems(count);
    return popFrom(stack.size() - count);
  }

  private Object[] popToMark() throws CheckpointException {
    if (marks.isEmpty()) {
      throw new CheckpointException("there is no mark on the stack");
    }
    return popFrom(marks.remove(marks.size() - 1));
  }

  private Object[] popFrom(int start) {
    List<Object> top = stack.subList(start, stack.size());
    Object[] items = top.toArray();
    top.clear();
    return items;
  }

  /** Values below a mark belong to the opcode that will take the mark. */
  private void requireItems(int count) throws CheckpointException {
    int floor = marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
    if (stack.size() - floor < count) {
      throw new CheckpointException("the stack holds fewer than %d values".formatted(count));
    }
  }

  private void append(Object... items) throws CheckpointException {
    if (peek() instanceof PyObject) {
      return;
    }
    if (!(peek() instanceof PyList list)) {
      throw new CheckpointException("cannot append to a " + PyContainer.typeOf(peek()));
    }
    for (Object item : items) {
      list.add(item);
    }
  }

  private void setItems(Object... keysAndValues) throws CheckpointException {
    PyDict dict =
        peek() instanceof PyObject object
            ? object.attributes()
            : peek() instanceof PyDict known ? known : null;
    if (dict == null || keysAndValues.length % 2 != 0) {
      throw new CheckpointException(
          "cannot set %d keys and values in a %s"
              .formatted(keysAndValues.length, PyContainer.typeOf(peek())));
    }
    for (int i = 0; i < keysAndValues.length; i += 2) {
      dict.put(keysAndValues[i], keysAndValues[i + 1]);
    }
  }

  private void addItems(Object... items) throws CheckpointException {
    if (!(peek() instanceof PyObject)) {
      throw new CheckpointException(
          "cannot add %d items to a %s".formatted(items.length, PyContainer.typeOf(peek())));
    }
  }

  /** The items of a set are never weights. */
  private void frozenSet(Object... items) {
    push(new PyObject("frozenset"));
  }

  private Object memoized(int index) throws CheckpointException {
    if (!memo.containsKey(index)) {
      throw new CheckpointException("nothing was memoized at %d".formatted(index));
    }
    return memo.get(index);
  }

  private void stackGlobal() throws CheckpointException {
    Object[] names = popLast(2);
    if (!(names[0] instanceof String module && names[1] instanceof String name)) {
      throw new CheckpointException("the names of a global are not strings");
    }
    push(globals.find(module, name));
  }

  /** The opcode of old-style instances: named like any other global, then always refused. */
  private void refuseInstance() throws CheckpointException {
    throw PickleGlobals.refusedInstance(globals.find(in.line(), in.line()));
  }

  private void call(Object... callableAndArguments) throws CheckpointException {
    if (callableAndArguments[0] instanceof PyObject inert) {
      push(new PyObject(inert.pythonType()));
      return;
    }
    if (!(callableAndArguments[0] instanceof PickleGlobals.Global global
        && callableAndArguments[1] instanceof PyTuple arguments)) {
      throw new CheckpointException(
          "cannot call a %s with a %s"
              .formatted(
                  PyContainer.typeOf(callableAndArguments[0]),
                  PyContainer.typeOf(callableAndArguments[1])));
    }
    push(globals.call(global, arguments.items()));
  }

  /**
   * Sets attributes: those of a Namespace are its contents, those of an OrderedDict PyTorch's
   * bookkeeping, those of a placeholder are kept in case that they are a training script's
   * arguments.
   */
  private void build(Object state) throws CheckpointException {
    if (peek() instanceof PyObject object) {
      if (state instanceof PyDict attributes) {
        object.attributes().putAll(attributes);
      }
      return;
    }
    if (!(peek() instanceof PyDict target && state instanceof PyDict attributes)) {
      throw new CheckpointException(
          "cannot set the state of a %s from a %s"
              .formatted(PyContainer.typeOf(peek()), PyContainer.typeOf(state)));
    }
    if (PickleGlobals.NAMESPACES.contains(target.pythonType())) {
      target.putAll(attributes);
    } else if (target.pythonType().equals("dict")) {
      throw new CheckpointException("a dict has no state to set");
    }
  }
}
