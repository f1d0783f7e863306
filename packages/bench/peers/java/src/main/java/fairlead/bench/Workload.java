package fairlead.bench;

import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import io.envoyproxy.controlplane.cache.v3.Snapshot;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What every peer of the benchmark serves, after the last change: see README.md of this folder. The resources that a change does not
 * touch stay the same objects. Not safe for threads.
 */
final class Workload {
  /** An index has two bytes of the address, an endpoint has the last. */
  static final int MAX_RESOURCES = 65_536;
  static final int MAX_ENDPOINTS = 250;
  /** A mark has 12 digits. */
  static final long MAX_SEQUENCE = 999_999_999_999L;
  private static final int ENDPOINT_PORT = 8080;

  private final boolean isClusters;
  private final int endpoints;
  private final List<Message> items;
  private long sequence = 0;

  Workload(String type, int resources, int endpoints) {
    this.isClusters = type.equals("clusters");
    this.endpoints = endpoints;
    this.items = new ArrayList<>(resources);
    for (int index = 0; index < resources; index++) {
      items.add(resource(index));
    }
  }

  int resources() {
    return items.size();
  }

  int[] all() {
    return IntStream.range(0, items.size()).toArray();
  }

  void touch(long sequence, int[] indexes) {
    this.sequence = sequence;
    for (int index : indexes) {
      items.set(index, resource(index));
    }
  }

  @SuppressWarnings("unchecked")
  Snapshot snapshot() {
    List<Cluster> clusters = isClusters ? (List<Cluster>) (List<?>) items : List.of();
    List<ClusterLoadAssignment> assignments = isClusters ? List.of() : (List<ClusterLoadAssignment>) (List<?>) items;
    return Snapshot.create(clusters, assignments, List.of(), List.of(), List.of(), Long.toString(sequence));
  }

  String describe() {
    int bytes = items.stream().mapToInt(Message::getSerializedSize).sum();
    return String.format(
        "{\"sequence\":%d,\"type\":\"%s\",\"resources\":%d,\"endpoints\":%d,\"bytes\":%d}%n",
        sequence, isClusters ? "clusters" : "endpoints", items.size(), endpoints, bytes);
  }

  /** The resource that this change was the last to touch. */
  private Message resource(int index) {
    ClusterLoadAssignment assignment = assignment(index);
    if (!isClusters) {
      return assignment;
    }
    return Cluster.newBuilder()
        .setName(name(index))
        .setType(Cluster.DiscoveryType.STATIC)
        .setConnectTimeout(Durations.fromSeconds(1))
        .setLoadAssignment(assignment)
        .build();
  }

  private ClusterLoadAssignment assignment(int index) {
    LocalityLbEndpoints.Builder members = LocalityLbEndpoints.newBuilder();
    for (int j = 0; j < endpoints; j++) {
      Endpoint.Builder endpoint = Endpoint.newBuilder().setAddress(address(index, j));
      if (j == 0) {
        endpoint.setHostname(String.format("change-%012d", sequence));
      }
      members.addLbEndpoints(LbEndpoint.newBuilder().setEndpoint(endpoint));
    }
    return ClusterLoadAssignment.newBuilder().setClusterName(name(index)).addEndpoints(members).build();
  }

  private static Address address(int index, int j) {
    String text = "10." + (index >> 8 & 255) + "." + (index & 255) + "." + (j + 1);
    return Address.newBuilder()
        .setSocketAddress(SocketAddress.newBuilder().setAddress(text).setPortValue(ENDPOINT_PORT))
        .build();
  }

  private static String name(int index) {
    return "bench-" + index;
  }
}
