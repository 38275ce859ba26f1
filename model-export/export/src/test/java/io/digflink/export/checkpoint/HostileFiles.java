package io.digflink.export.checkpoint;

import static io.digflink.export.checkpoint.PickleOpcode.EMPTY_DICT;
import static io.digflink.export.checkpoint.PickleOpcode.EMPTY_TUPLE;
import static io.digflink.export.checkpoint.PickleOpcode.REDUCE;
import static io.digflink.export.checkpoint.PickleOpcode.SETITEM;
import static io.digflink.export.checkpoint.PickleOpcode.TUPLE1;

/** Archives that would harm a reader that trusts them. */
public final class HostileFiles {
  private HostileFiles() {}

  /** What pickling an object with a {@code __reduce__} to os.system writes. */
  public static byte[] callsTheShell(String command) {
    Pickle pickle = Pickle.protocol(2).op(EMPTY_DICT).text("model").global("posix", "system");
    return TorchFile.of(pickle.text(command).ops(TUPLE1, REDUCE, SETITEM).stop()).bytes();
  }

  /** A tuple in a tuple in a tuple, and so on. */
  public static byte[] nestedTuples() {
    Pickle pickle = Pickle.protocol(2).op(EMPTY_DICT).text("opt").op(EMPTY_TUPLE);
    return TorchFile.of(pickle.repeat(900_000, TUPLE1).op(SETITEM).stop()).bytes();
  }

  /** A storage of 32 bytes that claims 4 TiB. */
  public static byte[] forgedSize() {
    long claimed = 1L << 40;
    Pickle pickle = Pickle.protocol(2).op(EMPTY_DICT).text("w");
    pickle.tensor("FloatStorage", "0", claimed, 0, new long[] {claimed}, new long[] {1});
    return TorchFile.of(pickle.op(SETITEM).stop()).floats("0", new float[8]).bytes();
  }
}
