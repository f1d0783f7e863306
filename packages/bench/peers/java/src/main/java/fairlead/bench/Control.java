package fairlead.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.envoyproxy.controlplane.cache.v3.SimpleCache;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/** Takes changes over HTTP, one at a time, and hands them to the cache. */
final class Control {
  private static final int BACKLOG = 128;
  private static final byte[] NOTHING = {};

  private final Workload workload;
  private final SimpleCache<String> cache;

  private Control(Workload workload, SimpleCache<String> cache) {
    this.workload = workload;
    this.cache = cache;
  }

  /** All is handled by the server's one thread, so a change is whole before the next is looked at. */
  static HttpServer start(int port, Workload workload, SimpleCache<String> cache) throws IOException {
    // Answers are small: they must not wait for the client's delayed ACK.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    Control control = new Control(workload, cache);
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), BACKLOG);
    server.createContext("/change", control::onChange);
    server.createContext("/state", control::onState);
    server.start();
    return server;
  }

  private void onChange(HttpExchange exchange) throws IOException {
    if (!exchange.getRequestMethod().equals("POST")) {
      answer(exchange, 405, "text/plain", "POST alone\n");
      return;
    }
    try {
      Map<String, String> query = readQuery(exchange.getRequestURI().getRawQuery());
      long sequence = Numbers.read("sequence", query.get("sequence"), 1, Workload.MAX_SEQUENCE);
      workload.touch(sequence, readIndexes(query.get("resource")));
    } catch (IllegalArgumentException error) {
      answer(exchange, 400, "text/plain", error.getMessage() + "\n");
      return;
    }
    try {
      cache.setSnapshot(Main.GROUP, workload.snapshot());
    } catch (RuntimeException error) {
      answer(exchange, 500, "text/plain", "the cache has not taken it: " + error + "\n");
      return;
    }
    answer(exchange, 204, null, "");
  }

  private void onState(HttpExchange exchange) throws IOException {
    answer(exchange, 200, "application/json", workload.describe());
  }

  private int[] readIndexes(String text) {
    if ("all".equals(text)) {
      return workload.all();
    }
    if (text == null) {
      throw new IllegalArgumentException("resource must be all, or numbers with commas");
    }
    return Stream.of(text.split(",", -1))
        .mapToInt(part -> (int) Numbers.read("resource", part, 0, workload.resources() - 1))
        .toArray();
  }

  private static Map<String, String> readQuery(String text) {
    Map<String, String> query = new HashMap<>();
    for (String pair : (text == null ? "" : text).split("&")) {
      String[] parts = pair.split("=", 2);
      if (parts.length == 2) {
        query.putIfAbsent(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
      }
    }
    return query;
  }

  private static void answer(HttpExchange exchange, int status, String type, String text) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      byte[] body = text.isEmpty() ? NOTHING : text.getBytes(StandardCharsets.UTF_8);
      if (type != null) {
        exchange.getResponseHeaders().set("Content-Type", type);
      }
      exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      if (body.length > 0) {
        exchange.getResponseBody().write(body);
      }
    }
  }
}
