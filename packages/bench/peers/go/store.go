package main

import (
	"context"
	"fmt"
	"strconv"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
)

// A store serves a state and takes what a change touched of it.
type store interface {
	cache.Cache
	take(s *state, touched []int) error
}

func newStore(kind string, w workload) (store, error) {
	switch kind {
	case "snapshot":
		// With its ADS flag: resources go out in the order of types, and a request that names too few is not answered.
		return &snapshots{cache.NewSnapshotCache(true, everyNode{}, nil)}, nil
	case "linear":
		return newLinear(w.typeURL()), nil
	}
	return nil, fmt.Errorf("--cache must be snapshot or linear, not %q", kind)
}

// All nodes share one snapshot.
type everyNode struct{}

const group = "all"

func (everyNode) ID(*core.Node) string { return group }

type snapshots struct{ cache.SnapshotCache }

func (c *snapshots) take(s *state, _ []int) error {
	version := strconv.FormatUint(s.sequence, 10)
	snapshot, err := cache.NewSnapshot(version, map[resource.Type][]types.Resource{s.typeURL(): s.items})
	if err != nil {
		return err
	}
	return c.SetSnapshot(context.Background(), group, snapshot)
}

// A LinearCache holds one type, so a mux stands before it; the other types are there, and empty, for who asks for them.
type linear struct {
	cache.MuxCache
	served *cache.LinearCache
}

func newLinear(served resource.Type) *linear {
	caches := map[string]cache.Cache{}
	for kind := range types.UnknownType {
		typeURL, err := cache.GetResponseTypeURL(kind)
		if err == nil {
			caches[typeURL] = cache.NewLinearCache(typeURL)
		}
	}
	return &linear{
		MuxCache: cache.MuxCache{
			Classify:      func(r *cache.Request) string { return r.GetTypeUrl() },
			ClassifyDelta: func(r *cache.DeltaRequest) string { return r.GetTypeUrl() },
			Caches:        caches,
		},
		served: caches[served].(*cache.LinearCache),
	}
}

func (c *linear) take(s *state, touched []int) error {
	changed := make(map[string]types.Resource, len(touched))
	for _, index := range touched {
		changed[resourceName(index)] = s.items[index]
	}
	return c.served.UpdateResources(changed, nil)
}
