package io.digflink.lab.faults.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Frames between hosts that are sockets on loopback addresses of their own. */
class ExchangeITCase {
  private static final int HOSTS = 3;
  private static final int EVERYBODY = 0xFF;
  private static final int HEADER = 8;
  private static final int PATIENCE_MILLIS = 20_000;

  private final DatagramSocket[] hosts = new DatagramSocket[HOSTS];
  private InetSocketAddress port;
  private Exchange exchange;

  @BeforeEach
  void open() throws IOException {
    InetSocketAddress[] ends = new InetSocketAddress[HOSTS];
    for (int host = 0; host < HOSTS; host++) {
      hosts[host] = new DatagramSocket(0, InetAddress.getByName("127.0.0." + (host + 2)));
      hosts[host].setSoTimeout(PATIENCE_MILLIS);
      ends[host] = (InetSocketAddress) hosts[host].getLocalSocketAddress();
    }
    try (DatagramSocket free = new DatagramSocket(0)) {
      port = new InetSocketAddress("127.0.0.1", free.getLocalPort());
    }
    exchange = new Exchange(port.getPort(), ends);
  }

  @AfterEach
  void close() throws IOException {
    exchange.close();
    for (DatagramSocket host : hosts) {
      host.close();
    }
  }

  @Test
  void aFrameGoesToItsHostAndABroadcastToAllOthers() throws IOException {
    send(0, 1, 'a');
    send(2, EVERYBODY, 'b');
    assertThat(receive(1)).isEqualTo('a');
    assertThat(receive(1)).isEqualTo('b');
    assertThat(receive(0)).isEqualTo('b');
  }

  @Test
  void aCutWireLosesWhatGoesOneWayOnly() throws IOException {
    exchange.set(0, 1, Wire.CUT);
    send(0, 1, 'a');
    send(1, 0, 'b');
    assertThat(receive(0)).isEqualTo('b'); // by now the first one would have come
    exchange.set(0, 1, Wire.WHOLE);
    send(0, 1, 'c');
    assertThat(receive(1)).isEqualTo('c');
  }

  @Test
  void aSlowWireIsLateAndKeepsTheOrder() throws IOException {
    exchange.set(0, 1, new Wire(150, 0));
    long start = System.nanoTime();
    send(0, 1, 'a');
    send(0, 1, 'b');
    assertThat(receive(1)).isEqualTo('a');
    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start))
        .isGreaterThanOrEqualTo(150);
    assertThat(receive(1)).isEqualTo('b');
  }

  @Test
  void aBadWireLosesSomeAndNotAll() throws IOException {
    exchange.set(0, 1, new Wire(0, 50));
    for (int frame = 0; frame < 100; frame++) {
      send(0, 1, 'a');
    }
    // One thread passes all frames on: the third host's comes after them all.
    send(2, 1, 'z');
    int came = 0;
    while (receive(1) == 'a') {
      came++;
    }
    assertThat(came).isBetween(20, 80);
  }

  private void send(int from, int to, char content) throws IOException {
    byte[] datagram = new byte[HEADER + 15];
    if (to == EVERYBODY) {
      Arrays.fill(datagram, HEADER, HEADER + 6, (byte) EVERYBODY);
    } else {
      datagram[HEADER] = 2;
      datagram[HEADER + 5] = (byte) to;
    }
    datagram[datagram.length - 1] = (byte) content;
    hosts[from].send(new DatagramPacket(datagram, datagram.length, port));
  }

  private char receive(int host) throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[64], 64);
    hosts[host].receive(packet);
    return (char) packet.getData()[packet.getLength() - 1];
  }
}
