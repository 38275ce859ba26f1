package io.digflink.lab.faults.network;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.TimeUnit;

/**
 * The exchange that all hosts' wires end in. A host's kernel sends each Ethernet frame here in a
 * datagram (VXLAN); it goes on to the host that it is for, or to all, late or never where the wire
 * between the two is bad. TCP above it is the kernels' own. So it needs no {@code tc netem}, which
 * many kernels are built without.
 */
final class Exchange implements AutoCloseable {
  private static final int LARGEST = 65_536;
  private static final int VXLAN_HEADER = 8;
  private static final int BROADCAST = 0xFF;

  private final InetSocketAddress[] hosts;
  private final DatagramChannel channel;
  private final Map<Integer, Wire> wires = new ConcurrentHashMap<>();
  private final DelayQueue<Late> late = new DelayQueue<>();
  private final Random random = new Random(30);

  /** A frame on a slow wire. */
  private record Late(long dueNanos, ByteBuffer datagram, int to) implements Delayed {
    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(dueNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(dueNanos, ((Late) other).dueNanos);
    }
  }

  /**
   * Begins to pass frames on.
   *
   * @param port where hosts' kernels send them
   * @param hosts where each host takes them; the last byte of its MAC address is its number here
   */
  Exchange(int port, InetSocketAddress... hosts) throws IOException {
    this.hosts = hosts.clone();
    this.channel = DatagramChannel.open().bind(new InetSocketAddress(port));
    start("exchange", this::receive);
    start("exchange of late frames", this::sendLate);
  }

  /** Work of a thread that ends with the channel. */
  @FunctionalInterface
  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private static void start(String name, Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (ClosedChannelException closed) {
                return;
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(name + " failed", e);
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
  }

  /** Changes how the frames of a host fare on their way to another. */
  void set(int from, int to, Wire wire) {
    wires.put(key(from, to), wire);
  }

  private int key(int from, int to) {
    return from * hosts.length + to;
  }

  private void receive() throws IOException {
    ByteBuffer datagram = ByteBuffer.allocateDirect(LARGEST);
    while (true) {
      datagram.clear();
      InetSocketAddress sender = (InetSocketAddress) channel.receive(datagram);
      datagram.flip();
      int from = hostOf(sender.getAddress());
      if (from < 0 || datagram.remaining() <= VXLAN_HEADER) {
        continue;
      }
      if ((datagram.get(VXLAN_HEADER) & BROADCAST) == BROADCAST) {
        for (int to = 0; to < hosts.length; to++) {
          pass(datagram, from, to);
        }
      } else {
        pass(datagram, from, datagram.get(VXLAN_HEADER + 5));
      }
    }
  }

  private int hostOf(InetAddress sender) {
    return Arrays.stream(hosts).map(InetSocketAddress::getAddress).toList().indexOf(sender);
  }

  private void pass(ByteBuffer datagram, int from, int to) throws IOException {
    if (from == to || to < 0 || to >= hosts.length) {
      return;
    }
    Wire wire = wires.getOrDefault(key(from, to), Wire.WHOLE);
    if (random.nextInt(100) < wire.lossPercent()) {
      return;
    }
    if (wire.delayMillis() == 0) {
      channel.send(datagram.duplicate(), hosts[to]);
      return;
    }
    ByteBuffer copy = ByteBuffer.allocate(datagram.remaining()).put(datagram.duplicate()).flip();
    long due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(wire.delayMillis());
    late.add(new Late(due, copy, to));
  }

  private void sendLate() throws IOException, InterruptedException {
    while (true) {
      Late frame = late.take();
      channel.send(frame.datagram(), hosts[frame.to()]);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
