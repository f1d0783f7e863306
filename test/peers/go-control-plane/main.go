// A naive control plane on go-control-plane's caches, behind the same PUT as Fairlead's admin API.
// The Envoy scenarios run against it to show that they can fail: it loses requests where Fairlead must lose none.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	clusterservice "github.com/envoyproxy/go-control-plane/envoy/service/cluster/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	endpointservice "github.com/envoyproxy/go-control-plane/envoy/service/endpoint/v3"
	extensionservice "github.com/envoyproxy/go-control-plane/envoy/service/extension/v3"
	listenerservice "github.com/envoyproxy/go-control-plane/envoy/service/listener/v3"
	routeservice "github.com/envoyproxy/go-control-plane/envoy/service/route/v3"
	runtimeservice "github.com/envoyproxy/go-control-plane/envoy/service/runtime/v3"
	secretservice "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/sotw/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/anypb"

	// Types that resources carry inside Any.
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/file/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/clusters/aggregate/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_authz/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
)

// A group is the node's cluster, as in Fairlead without rules.
type byNodeCluster struct{}

func (byNodeCluster) ID(node *core.Node) string { return node.GetCluster() }

// How often resources with a time to live are renewed.
const heartbeatInterval = 500 * time.Millisecond

func main() {
	kind := flag.String("cache", "snapshot", "snapshot, snapshot-ads (with its ADS flag, and ordered), or linear")
	flag.Parse()
	isOrdered := *kind == "snapshot-ads"
	snapshotCache := cache.NewSnapshotCacheWithHeartbeating(
		context.Background(), isOrdered, byNodeCluster{}, nil, heartbeatInterval)
	var served store = snapshots{snapshotCache}
	if *kind == "linear" {
		served = newLinears()
	}
	xds, admin, rest := listen(), listen(), listen()
	fmt.Fprintf(os.Stdout, "{\"msg\":\"listening\",\"xds\":%q,\"admin\":%q,\"rest\":%q}\n", xds.Addr(), admin.Addr(), rest.Addr())

	service := newService(served, isOrdered)
	go serveXDS(xds, service)
	go serveREST(rest, service, *kind != "linear")
	mux := adminHandler(snapshotCache)
	stateHandler(mux, served)
	fail(http.Serve(admin, mux))
}

func newService(served cache.Cache, isOrdered bool) server.Server {
	if isOrdered {
		return server.NewServer(context.Background(), served, nil, sotw.WithOrderedADS())
	}
	return server.NewServer(context.Background(), served, nil)
}

// REST is served by an HTTP server of its own, where the cache can be polled.
func serveREST(listener net.Listener, service server.Server, canBePolled bool) {
	gateway := server.HTTPGateway{Server: service}
	fail(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !canBePolled {
			http.Error(w, "this cache can't be polled", http.StatusNotImplemented)
			return
		}
		body, status, err := gateway.ServeHTTP(r)
		if err != nil {
			http.Error(w, err.Error(), status)
			return
		}
		w.WriteHeader(status)
		_, _ = w.Write(body)
	})))
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	return listener
}

func serveXDS(listener net.Listener, service server.Server) {
	grpcServer := grpc.NewServer()
	discovery.RegisterAggregatedDiscoveryServiceServer(grpcServer, service)
	clusterservice.RegisterClusterDiscoveryServiceServer(grpcServer, service)
	endpointservice.RegisterEndpointDiscoveryServiceServer(grpcServer, service)
	listenerservice.RegisterListenerDiscoveryServiceServer(grpcServer, service)
	routeservice.RegisterRouteDiscoveryServiceServer(grpcServer, service)
	secretservice.RegisterSecretDiscoveryServiceServer(grpcServer, service)
	runtimeservice.RegisterRuntimeDiscoveryServiceServer(grpcServer, service)
	extensionservice.RegisterExtensionConfigDiscoveryServiceServer(grpcServer, service)
	routeservice.RegisterScopedRoutesDiscoveryServiceServer(grpcServer, service)
	routeservice.RegisterVirtualHostDiscoveryServiceServer(grpcServer, service)
	fail(grpcServer.Serve(listener))
}

func adminHandler(snapshots cache.SnapshotCache) *http.ServeMux {
	var revision atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /v1/groups/{group}/resources", func(w http.ResponseWriter, r *http.Request) {
		resources, err := readResources(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		number := revision.Add(1)
		snapshot, err := cache.NewSnapshot(strconv.FormatInt(number, 10), resources)
		if err == nil {
			err = snapshots.SetSnapshot(r.Context(), r.PathValue("group"), snapshot)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, "{\"revision\":%d}\n", number)
	})
	return mux
}

func readResources(r *http.Request) (map[resource.Type][]types.Resource, error) {
	var body struct {
		Resources []json.RawMessage `json:"resources"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, err
	}
	resources := map[resource.Type][]types.Resource{}
	for _, raw := range body.Resources {
		var wrapped anypb.Any
		if err := protojson.Unmarshal(raw, &wrapped); err != nil {
			return nil, err
		}
		message, err := wrapped.UnmarshalNew()
		if err != nil {
			return nil, err
		}
		resources[wrapped.GetTypeUrl()] = append(resources[wrapped.GetTypeUrl()], message)
	}
	return resources, nil
}

func fail(err error) {
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
