package io.digflink.operators;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory of the host for inputs and outputs of runs.
 *
 * <p>Where the CUDA kernels are registered it is page-locked: a GPU copies from and to it at the
 * speed of the bus, where it otherwise waits for the driver to copy page by page.
 */
public final class HostMemory {
  private static final Cleaner CLEANER = Cleaner.create();

  private HostMemory() {}

  /** A direct buffer of zeros in the machine's byte order, freed when nobody refers to it. */
  public static ByteBuffer direct(int bytes) {
    long address = bytes > 0 && OperatorLibrary.isLoadedForCuda() ? pageLocked(bytes) : 0;
    if (address == 0) {
      return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
    ByteBuffer memory = buffer(address, bytes);
    CLEANER.register(memory, () -> free(address));
    return memory.order(ByteOrder.nativeOrder());
  }

  /** The address of page-locked memory, 0 where there is none. */
  private static long pageLocked(long bytes) {
    try {
      return allocate(bytes);
    } catch (UnsatisfiedLinkError e) {
      return 0; // the library was built without a JDK's headers
    }
  }

  private static native long allocate(long bytes);

  private static native ByteBuffer buffer(long address, long bytes);

  private static native void free(long address);
}
