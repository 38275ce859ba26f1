package io.digflink.lab.faults.network;

import io.digflink.lab.cluster.Host;
import io.digflink.lab.cluster.Program;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Hosts on this machine, each a network namespace with an address of its own, and an exchange
 * between them. This process is a host too, {@link #LAB}: the namespace of that name forwards to
 * it.
 */
final class Network implements AutoCloseable {
  /** This process, and what else is in no namespace. */
  static final String LAB = "lab";

  private static final int EXCHANGE_PORT = 14_789;
  private static final int HOST_PORT = 4_789;
  private static final String PREFIX = "dig-";
  private static final String WIRES = "10.78.0";

  private final List<String> names;
  private Exchange exchange;

  private Network(List<String> names) {
    this.names = names;
  }

  /** Why there can be none on this machine; empty if there can be. */
  static Optional<String> missing() throws InterruptedException {
    try {
      of(List.of("probe")).close();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          "it needs network namespaces ("
              + e.getMessage()
              + "). Run as root, with iproute2, ethtool and a kernel that has veth and vxlan, one run"
              + " at a time; \"ip -all netns delete\" removes what a killed run has left");
    }
  }

  /** Makes hosts, all wires whole. */
  static Network of(List<String> hosts) throws IOException, InterruptedException {
    List<String> names = new ArrayList<>(List.of(LAB));
    names.addAll(hosts);
    Network network = new Network(names);
    Runtime.getRuntime().addShutdownHook(new Thread(network::close));
    try {
      network.make();
    } catch (IOException e) {
      network.close();
      throw e;
    }
    return network;
  }

  private void make() throws IOException, InterruptedException {
    InetSocketAddress[] ends = new InetSocketAddress[names.size()];
    for (int host = 0; host < names.size(); host++) {
      makeNamespace(host);
      ends[host] = new InetSocketAddress(inner(host), HOST_PORT);
    }
    for (String command :
        List.of(
            "ip netns exec " + PREFIX + LAB + " sysctl -q net.ipv4.ip_forward=1",
            "ip route add " + WIRES + ".0/24 via " + inner(0))) {
      Program.run(command.split(" "));
    }
    exchange = new Exchange(EXCHANGE_PORT, ends);
  }

  /** A namespace, and the end of its wire. The exchange needs frames as they are on a real one. */
  private void makeNamespace(int host) throws IOException, InterruptedException {
    String name = PREFIX + names.get(host);
    String outside = PREFIX + host;
    String inside = "ip netns exec " + name + " ";
    List<String> commands =
        new ArrayList<>(
            List.of(
                "ip netns add " + name,
                "ip link add " + outside + " type veth peer name under netns " + name,
                "ip address add " + outer(host) + "/30 dev " + outside,
                "ip link set " + outside + " up",
                inside + "ip address add " + inner(host) + "/30 dev under",
                inside + "ip link set under up",
                inside + "ip link set lo up",
                inside + "ip link add wire type vxlan id 77 nolearning dstport " + HOST_PORT,
                inside + "ip link set wire mtu 1400 address 02:00:00:00:00:0" + host,
                inside
                    + "bridge fdb append 00:00:00:00:00:00 dev wire dst %s port %d"
                        .formatted(outer(host), EXCHANGE_PORT),
                inside + "ethtool -K wire tx off tso off gso off",
                inside + "ip address add " + address(host) + "/24 dev wire",
                inside + "ip link set wire up"));
    if (host > 0) {
      commands.add(inside + "ip route add default via " + address(0));
    }
    for (String command : commands) {
      Program.run(command.split(" "));
    }
  }

  private static String address(int host) {
    return WIRES + "." + (host + 1);
  }

  private static String outer(int host) {
    return "10.77." + host + ".1";
  }

  private static String inner(int host) {
    return "10.77." + host + ".2";
  }

  /** The host of a name; this process where there is none of it. */
  Host host(String name) {
    int host = names.indexOf(name);
    return host < 1
        ? new Host(outer(0), List.of())
        : new Host(address(host), List.of("ip", "netns", "exec", PREFIX + name));
  }

  /** Changes what becomes of frames from each of some hosts to each of others; not back. */
  void set(Collection<String> from, Collection<String> to, Wire wire) {
    for (String one : from) {
      for (String other : to) {
        exchange.set(index(one), index(other), wire);
      }
    }
  }

  /** Mends all wires. */
  void mend() {
    set(names, names, Wire.WHOLE);
  }

  /** All hosts, this process among them. */
  List<String> names() {
    return names;
  }

  private int index(String name) {
    int index = names.indexOf(name);
    if (index < 0) {
      throw new IllegalArgumentException("Expected one of " + names + ", found " + name);
    }
    return index;
  }

  @Override
  public void close() {
    try {
      if (exchange != null) {
        exchange.close();
      }
      for (int host = 0; host < names.size(); host++) {
        Program.succeeds("ip", "link", "delete", PREFIX + host); // at once, unlike a namespace's
        Program.succeeds("ip", "netns", "delete", PREFIX + names.get(host));
      }
    } catch (IOException e) {
      throw new IllegalStateException("Expected the exchange to close", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
