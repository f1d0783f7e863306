package fairlead.bench;

import io.envoyproxy.controlplane.cache.v3.SimpleCache;
import io.envoyproxy.controlplane.server.DefaultExecutorGroup;
import io.envoyproxy.controlplane.server.V3DiscoveryServer;
import io.envoyproxy.controlplane.server.serializer.CachedProtoResourcesSerializer;
import io.envoyproxy.controlplane.server.serializer.DefaultProtoResourcesSerializer;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Serves a cache by gRPC. */
final class Xds {
  private static final int BACKLOG = 4_096;
  private static final long KEEPALIVE_S = 30;
  private static final long KEEPALIVE_TIMEOUT_S = 5;

  private Xds() {}

  static Server start(Options options, SimpleCache<String> cache) throws IOException {
    V3DiscoveryServer discovery =
        new V3DiscoveryServer(
            List.of(),
            cache,
            new DefaultExecutorGroup(),
            options.cachesSerialized ? new CachedProtoResourcesSerializer() : new DefaultProtoResourcesSerializer());
    ExecutorService executor = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    return NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", options.xdsPort), credentials(options))
        .withOption(ChannelOption.SO_BACKLOG, BACKLOG)
        .executor(executor)
        .keepAliveTime(KEEPALIVE_S, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEPALIVE_TIMEOUT_S, TimeUnit.SECONDS)
        .permitKeepAliveTime(KEEPALIVE_S, TimeUnit.SECONDS)
        .permitKeepAliveWithoutCalls(true)
        .addService(discovery.getAggregatedDiscoveryServiceImpl())
        .addService(discovery.getClusterDiscoveryServiceImpl())
        .addService(discovery.getEndpointDiscoveryServiceImpl())
        .build()
        .start();
  }

  /** With a certificate authority, clients must show a certificate of it. */
  private static ServerCredentials credentials(Options options) throws IOException {
    if (options.tlsCert == null) {
      return InsecureServerCredentials.create();
    }
    TlsServerCredentials.Builder tls = TlsServerCredentials.newBuilder().keyManager(options.tlsCert, options.tlsKey);
    if (options.tlsCa != null) {
      tls.trustManager(options.tlsCa).clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
    }
    return tls.build();
  }
}
