package fairlead.bench;

import com.sun.net.httpserver.HttpServer;
import io.envoyproxy.controlplane.cache.v3.SimpleCache;
import io.grpc.Server;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Properties;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The benchmark's workload on java-control-plane: see README.md of this folder. */
public final class Main {
  /** All nodes share one snapshot. */
  static final String GROUP = "all";

  /** Held, since a logger that nobody holds forgets its level. */
  private static final Logger GRPC = Logger.getLogger("io.grpc");

  private Main() {}

  public static void main(String[] args) throws IOException {
    // Closed connections are no faults.
    GRPC.setLevel(Level.SEVERE);
    try {
      Options options = Options.read(List.of(args));
      if (options.wantsVersion) {
        System.out.println(versions());
        return;
      }
      serve(options);
    } catch (IllegalArgumentException error) {
      end(error, 2);
    } catch (IOException error) {
      end(error, 1);
    }
    waitForEndOfInput();
    System.exit(0);
  }

  private static void serve(Options options) throws IOException {
    Workload workload = new Workload(options.type, options.resources, options.endpoints);
    SimpleCache<String> cache = new SimpleCache<>(node -> GROUP);
    cache.setSnapshot(GROUP, workload.snapshot());
    Server xds = Xds.start(options, cache);
    HttpServer control = Control.start(options.controlPort, workload, cache);
    // Streams never end by themselves, so there is nothing to wait for.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0)));
    System.out.printf(
        "{\"xds\":%d,\"control\":%d,\"pid\":%d}%n",
        xds.getPort(), control.getAddress().getPort(), ProcessHandle.current().pid());
  }

  /** It closes with who started this. */
  private static void waitForEndOfInput() throws IOException {
    System.in.transferTo(OutputStream.nullOutputStream());
  }

  private static String versions() throws IOException {
    Properties versions = new Properties();
    try (InputStream file = Main.class.getResourceAsStream("/versions.properties")) {
      versions.load(file);
    }
    return String.format(
        "java-control-plane %s, grpc-java %s, JDK %s",
        versions.getProperty("controlplane"), versions.getProperty("grpc"), Runtime.version());
  }

  private static void end(Exception error, int code) {
    System.err.println("fairlead-bench-java: " + error.getMessage());
    Runtime.getRuntime().halt(code);
  }
}
