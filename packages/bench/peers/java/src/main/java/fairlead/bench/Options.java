package fairlead.bench;

import java.io.File;
import java.util.Iterator;
import java.util.List;

/** What the command line says. */
final class Options {
  int xdsPort = 0;
  int controlPort = 0;
  int resources = 10;
  int endpoints = 30;
  String type = "endpoints";
  boolean cachesSerialized = false;
  boolean wantsVersion = false;
  File tlsCert;
  File tlsKey;
  File tlsCa;

  private Options() {}

  /** @throws IllegalArgumentException with what is wrong */
  static Options read(List<String> args) {
    Options options = new Options();
    for (Iterator<String> rest = args.iterator(); rest.hasNext(); ) {
      options.take(rest.next(), rest);
    }
    options.check();
    return options;
  }

  private void take(String flag, Iterator<String> rest) {
    switch (flag) {
      case "--cached-serializer" -> cachesSerialized = true;
      case "--version" -> wantsVersion = true;
      case "--xds-port" -> xdsPort = number(flag, rest, 0, 65_535);
      case "--control-port" -> controlPort = number(flag, rest, 0, 65_535);
      case "--resources" -> resources = number(flag, rest, 1, Workload.MAX_RESOURCES);
      case "--endpoints" -> endpoints = number(flag, rest, 1, Workload.MAX_ENDPOINTS);
      case "--type" -> type = value(flag, rest);
      case "--tls-cert" -> tlsCert = new File(value(flag, rest));
      case "--tls-key" -> tlsKey = new File(value(flag, rest));
      case "--tls-ca" -> tlsCa = new File(value(flag, rest));
      default -> throw new IllegalArgumentException("unknown argument \"" + flag + "\"");
    }
  }

  private void check() {
    if (!type.equals("endpoints") && !type.equals("clusters")) {
      throw new IllegalArgumentException("--type must be endpoints or clusters, not \"" + type + "\"");
    }
    if ((tlsCert == null) != (tlsKey == null) || (tlsCa != null && tlsCert == null)) {
      throw new IllegalArgumentException("--tls-cert and --tls-key go together, and --tls-ca needs both");
    }
  }

  private static String value(String flag, Iterator<String> rest) {
    if (!rest.hasNext()) {
      throw new IllegalArgumentException(flag + " needs a value");
    }
    return rest.next();
  }

  private static int number(String flag, Iterator<String> rest, int min, int max) {
    String text = value(flag, rest);
    return (int) Numbers.read(flag, text, min, max);
  }
}
