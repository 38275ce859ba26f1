package io.digflink.operators;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Host memory for the inputs and outputs of runs.
 *
 * <p>Once the CUDA kernels are registered it is page-locked: a GPU copies to and from it at the
 * speed of the bus instead of waiting for the driver to copy page by page.
 */
public final class HostMemory {
  private static final Cleaner CLEANER = Cleaner.create();

  private HostMemory() {}

  /** A direct buffer of zeros in native byte order, freed when it is no longer referenced. */
  public static ByteBuffer direct(int bytes) {
    long address = bytes > 0 && OperatorLibrary.isLoadedForCuda() ? pageLocked(bytes) : 0;
    if (address == 0) {
      return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
    ByteBuffer memory = buffer(address, bytes);
    CLEANER.register(memory, () -> free(address));
    return memory.order(ByteOrder.nativeOrder());
  }

  /** The address of page-locked memory, or 0 if there is none. */
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
