// A naive control plane on go-control-plane's SnapshotCache, behind the same PUT as Fairlead's admin API.
// The Envoy scenarios run against it to show that they can fail: it loses requests where Fairlead must lose none.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	clusterservice "github.com/envoyproxy/go-control-plane/envoy/service/cluster/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	endpointservice "github.com/envoyproxy/go-control-plane/envoy/service/endpoint/v3"
	listenerservice "github.com/envoyproxy/go-control-plane/envoy/service/listener/v3"
	routeservice "github.com/envoyproxy/go-control-plane/envoy/service/route/v3"
	secretservice "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
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

func main() {
	snapshots := cache.NewSnapshotCache(false, byNodeCluster{}, nil)
	xds := listen()
	admin := listen()
	fmt.Fprintf(os.Stdout, "{\"msg\":\"listening\",\"xds\":%q,\"admin\":%q}\n", xds.Addr(), admin.Addr())

	go serveXDS(xds, snapshots)
	fail(http.Serve(admin, adminHandler(snapshots)))
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	return listener
}

func serveXDS(listener net.Listener, snapshots cache.SnapshotCache) {
	service := server.NewServer(context.Background(), snapshots, nil)
	grpcServer := grpc.NewServer()
	discovery.RegisterAggregatedDiscoveryServiceServer(grpcServer, service)
	clusterservice.RegisterClusterDiscoveryServiceServer(grpcServer, service)
	endpointservice.RegisterEndpointDiscoveryServiceServer(grpcServer, service)
	listenerservice.RegisterListenerDiscoveryServiceServer(grpcServer, service)
	routeservice.RegisterRouteDiscoveryServiceServer(grpcServer, service)
	secretservice.RegisterSecretDiscoveryServiceServer(grpcServer, service)
	fail(grpcServer.Serve(listener))
}

func adminHandler(snapshots cache.SnapshotCache) http.Handler {
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
