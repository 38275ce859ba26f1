package io.digflink.tests.formats;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The part of Confluent's REST interface that the job and the tests use, in a process of its own:
 * schemas by id, and registration. Every schema is a line of a file, whose number is its id.
 */
final class SmallRegistry {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<String> schemas = new ArrayList<>();
  private final Path file;

  private SmallRegistry(Path file) throws IOException {
    this.file = file;
    if (Files.exists(file)) {
      schemas.addAll(Files.readAllLines(file));
    }
  }

  /** Serves a port from a file until it is killed. */
  public static void main(String[] arguments) throws IOException {
    SmallRegistry registry = new SmallRegistry(Path.of(arguments[1]));
    HttpServer server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0])),
            0);
    server.createContext("/apis/ccompat/v7/schemas/ids/", registry::find);
    server.createContext("/apis/ccompat/v7/subjects", registry::subjects);
    server.start();
  }

  private synchronized void find(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    int id = Integer.parseInt(path.substring(path.lastIndexOf('/') + 1));
    if (id > schemas.size()) {
      answer(exchange, 404, JSON.createObjectNode().put("error_code", 40403));
    } else {
      answer(exchange, 200, JSON.readTree(schemas.get(id - 1)));
    }
  }

  private synchronized void subjects(HttpExchange exchange) throws IOException {
    if (exchange.getRequestMethod().equals("GET")) {
      answer(exchange, 200, JSON.createArrayNode());
      return;
    }
    String schema = JSON.writeValueAsString(JSON.readTree(exchange.getRequestBody()));
    if (!schemas.contains(schema)) {
      Files.writeString(file, schema + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      schemas.add(schema);
    }
    ObjectNode id = JSON.createObjectNode().put("id", 1 + schemas.indexOf(schema));
    answer(exchange, 200, id);
  }

  private static void answer(HttpExchange exchange, int status, JsonNode body) throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(body);
    exchange.sendResponseHeaders(status, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }
}
