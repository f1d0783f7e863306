package main

import (
	"fmt"
	"time"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	maxResources = 65_536          // an index has two bytes of the address
	maxEndpoints = 250             // an endpoint has the last
	maxSequence  = 999_999_999_999 // a mark has 12 digits
	endpointPort = 8080
)

// A workload is what every peer of the benchmark serves: see README.md of this folder.
type workload struct {
	kind      string // "endpoints" or "clusters"
	resources int
	endpoints int
}

func (w workload) check() error {
	switch {
	case w.kind != "endpoints" && w.kind != "clusters":
		return fmt.Errorf("--type must be endpoints or clusters, not %q", w.kind)
	case w.resources < 1 || w.resources > maxResources:
		return fmt.Errorf("--resources must be 1 to %d, not %d", maxResources, w.resources)
	case w.endpoints < 1 || w.endpoints > maxEndpoints:
		return fmt.Errorf("--endpoints must be 1 to %d, not %d", maxEndpoints, w.endpoints)
	}
	return nil
}

func (w workload) typeURL() resource.Type {
	if w.kind == "clusters" {
		return resource.ClusterType
	}
	return resource.EndpointType
}

func resourceName(index int) string { return fmt.Sprintf("bench-%d", index) }

// resource builds the resource that the change `sequence` was the last to touch.
func (w workload) resource(index int, sequence uint64) types.Resource {
	assignment := w.assignment(index, sequence)
	if w.kind == "endpoints" {
		return assignment
	}
	return &cluster.Cluster{
		Name:                 resourceName(index),
		ClusterDiscoveryType: &cluster.Cluster_Type{Type: cluster.Cluster_STATIC},
		ConnectTimeout:       durationpb.New(time.Second),
		LoadAssignment:       assignment,
	}
}

func (w workload) assignment(index int, sequence uint64) *endpoint.ClusterLoadAssignment {
	members := make([]*endpoint.LbEndpoint, w.endpoints)
	for j := range members {
		members[j] = member(fmt.Sprintf("10.%d.%d.%d", index>>8&255, index&255, j+1))
	}
	members[0].GetEndpoint().Hostname = fmt.Sprintf("change-%012d", sequence)
	return &endpoint.ClusterLoadAssignment{
		ClusterName: resourceName(index),
		Endpoints:   []*endpoint.LocalityLbEndpoints{{LbEndpoints: members}},
	}
}

func member(address string) *endpoint.LbEndpoint {
	return &endpoint.LbEndpoint{HostIdentifier: &endpoint.LbEndpoint_Endpoint{Endpoint: &endpoint.Endpoint{
		Address: &core.Address{Address: &core.Address_SocketAddress{SocketAddress: &core.SocketAddress{
			Address:       address,
			PortSpecifier: &core.SocketAddress_PortValue{PortValue: endpointPort},
		}}},
	}}}
}

// A state is the workload after the last change. The resources that a change does not touch stay the same objects.
type state struct {
	workload
	sequence uint64
	items    []types.Resource // by index
}

func newState(w workload) *state {
	s := &state{workload: w, items: make([]types.Resource, w.resources)}
	s.touch(0, s.all())
	return s
}

func (s *state) touch(sequence uint64, indexes []int) {
	s.sequence = sequence
	for _, index := range indexes {
		s.items[index] = s.resource(index, sequence)
	}
}

func (s *state) all() []int {
	indexes := make([]int, s.resources)
	for index := range indexes {
		indexes[index] = index
	}
	return indexes
}

// bytes is the size of all resources as a response carries them.
func (s *state) bytes() int {
	sum := 0
	for _, item := range s.items {
		sum += proto.Size(item)
	}
	return sum
}
