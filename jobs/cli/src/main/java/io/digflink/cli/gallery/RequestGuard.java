package io.digflink.cli.gallery;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Keeps other web sites out. Their pages can make a browser of this machine send anything here, so
 * that being reachable from this machine alone does not do: a post needs the token that the page
 * was served with, which a page of another origin cannot read. A name in the {@code Host} header
 * that is not this machine's is refused, since its owner may let it point here to read the token.
 */
final class RequestGuard {
  /** The header of a post with the page's token. */
  static final String TOKEN = "X-Dig-Token";

  private static final int TOKEN_BYTES = 24;

  private final String token;
  private final Set<String> names = new TreeSet<>();

  /**
   * @param host that the server was told to listen on
   */
  RequestGuard(String host) {
    byte[] random = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(random);
    token = HexFormat.of().formatHex(random);
    names.add("localhost");
    names.add(host.toLowerCase(Locale.ROOT));
    try {
      names.add(InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT));
    } catch (UnknownHostException e) {
      // Then it is not reached by that name either.
    }
  }

  /** What the page is served with. */
  String token() {
    return token;
  }

  /** Checks any request. */
  void check(HttpExchange exchange) throws RefusedException {
    String host = exchange.getRequestHeaders().getFirst("Host");
    if (host == null || !isOurs(nameOf(host))) {
      throw new RefusedException(
          403,
          "Expected this machine's name or an address as the host, found "
              + host
              + ": open the page by its address, or start the gallery with --host");
    }
  }

  private boolean isOurs(String name) {
    return names.contains(name) || name.startsWith("[") || name.matches("[0-9]+(\\.[0-9]+){3}");
  }

  /** The host without its port. */
  private static String nameOf(String host) {
    return host.replaceFirst(":[0-9]*$", "").toLowerCase(Locale.ROOT);
  }

  /** Checks a request that changes something. */
  void checkPost(HttpExchange exchange) throws RefusedException {
    Headers headers = exchange.getRequestHeaders();
    String origin = headers.getFirst("Origin");
    if (origin != null && !origin.replaceFirst("^https?://", "").equals(headers.getFirst("Host"))) {
      throw new RefusedException(403, "Expected a post of this page, found one of " + origin);
    }
    String given = headers.getFirst(TOKEN);
    if (given == null || !MessageDigest.isEqual(bytes(given), bytes(token))) {
      throw new RefusedException(
          403, "Expected the page's token in " + TOKEN + ", found another: load the page again");
    }
    String type = headers.getFirst("Content-Type");
    if (type == null || !type.startsWith("application/json")) {
      throw new RefusedException(415, "Expected application/json, found " + type);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
