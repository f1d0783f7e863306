package main

// The adapter that `fairlead conformance --driver http` asks for: PUT and DELETE of /state/{node}. What is served by is
// chosen by the flag -cache, since go-control-plane has several caches and each answers in its own way.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sort"
	"sync"

	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// What the server has no notion of: answered 501, so that the suite does not count it as a failure.
var errUnsupported = errors.New("unsupported")

// A state is all that one node is served, by type URL.
type state map[resource.Type][]types.ResourceWithTTL

// A store takes the state of a node; nil forgets the node.
type store interface {
	cache.Cache
	set(node string, all state) error
}

func stateHandler(mux *http.ServeMux, to store) {
	mux.HandleFunc("PUT /state/{node}", func(w http.ResponseWriter, r *http.Request) {
		all, err := readState(r)
		if err == nil {
			err = to.set(r.PathValue("node"), all)
		}
		answer(w, err)
	})
	mux.HandleFunc("DELETE /state/{node}", func(w http.ResponseWriter, r *http.Request) {
		answer(w, to.set(r.PathValue("node"), nil))
	})
}

func answer(w http.ResponseWriter, err error) {
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case errors.Is(err, errUnsupported):
		http.Error(w, err.Error(), http.StatusNotImplemented)
	default:
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

func readState(r *http.Request) (state, error) {
	var body struct {
		Resources []json.RawMessage `json:"resources"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, err
	}
	all := state{}
	for _, raw := range body.Resources {
		var packed anypb.Any
		if err := protojson.Unmarshal(raw, &packed); err != nil {
			return nil, fmt.Errorf("%w: %s", errUnsupported, err)
		}
		message, err := packed.UnmarshalNew()
		if err != nil {
			return nil, err
		}
		typeURL, one, err := unwrap(packed.GetTypeUrl(), message)
		if err != nil {
			return nil, err
		}
		all[typeURL] = append(all[typeURL], one)
	}
	return all, nil
}

// unwrap takes a resource out of its discovery.v3.Resource, as far as the caches can say what that says.
func unwrap(typeURL string, message proto.Message) (string, types.ResourceWithTTL, error) {
	wrapper, isWrapper := message.(*discovery.Resource)
	if !isWrapper {
		return typeURL, types.ResourceWithTTL{Resource: message}, nil
	}
	inner, err := wrapper.GetResource().UnmarshalNew()
	if err != nil {
		return "", types.ResourceWithTTL{}, err
	}
	one := types.ResourceWithTTL{Resource: inner}
	if wrapper.GetTtl() != nil {
		ttl := wrapper.GetTtl().AsDuration()
		one.TTL = &ttl
	}
	// The caches take a resource's name from itself: so do those who serve virtual hosts by them.
	if host, isHost := inner.(*route.VirtualHost); isHost {
		host.Name = wrapper.GetName()
	}
	if len(wrapper.GetAliases()) > 0 || cache.GetResourceName(inner) != wrapper.GetName() {
		return "", one, fmt.Errorf("%w: a resource with aliases, or a name that it does not have itself", errUnsupported)
	}
	return wrapper.GetResource().GetTypeUrl(), one, nil
}

// snapshots serves by a SnapshotCache. A type's version is a digest of its content, so that no type is sent again because
// another has changed: the most careful use of that cache.
type snapshots struct{ cache.SnapshotCache }

func (s snapshots) set(node string, all state) error {
	if all == nil {
		s.ClearSnapshot(node)
		return nil
	}
	snapshot := &cache.Snapshot{}
	for typeURL, items := range all {
		index := cache.GetResponseType(typeURL)
		if index == types.UnknownType {
			return fmt.Errorf("%w: a snapshot has no %s", errUnsupported, typeURL)
		}
		version, err := digest(items)
		if err != nil {
			return err
		}
		snapshot.Resources[index] = cache.NewResourcesWithTTL(version, items)
	}
	for index, group := range snapshot.Resources {
		if group.Version == "" {
			snapshot.Resources[index] = cache.NewResources("none", nil)
		}
	}
	return s.SetSnapshot(context.Background(), node, snapshot)
}

func digest(items []types.ResourceWithTTL) (string, error) {
	texts := make([]string, 0, len(items))
	for _, item := range items {
		bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(item.Resource)
		if err != nil {
			return "", err
		}
		texts = append(texts, string(bytes))
	}
	sort.Strings(texts)
	hash := sha256.New()
	for _, text := range texts {
		fmt.Fprintf(hash, "%d %s", len(text), text)
	}
	return hex.EncodeToString(hash.Sum(nil)[:8]), nil
}

// linears serves by a LinearCache for each node and type, put together as a MuxCache does; only what changed is updated.
type linears struct {
	cache.MuxCache
	mu     sync.Mutex
	caches map[string]*cache.LinearCache
}

func newLinears() *linears { return &linears{caches: map[string]*cache.LinearCache{}} }

func (l *linears) of(node, typeURL string) *cache.LinearCache {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := node + " " + typeURL
	if l.caches[key] == nil {
		l.caches[key] = cache.NewLinearCache(typeURL)
	}
	return l.caches[key]
}

func (l *linears) CreateWatch(r *cache.Request, sub cache.Subscription, to chan cache.Response) (func(), error) {
	return l.of(r.GetNode().GetId(), r.GetTypeUrl()).CreateWatch(r, sub, to)
}

func (l *linears) CreateDeltaWatch(r *cache.DeltaRequest, sub cache.Subscription, to chan cache.DeltaResponse) (func(), error) {
	return l.of(r.GetNode().GetId(), r.GetTypeUrl()).CreateDeltaWatch(r, sub, to)
}

func (l *linears) Fetch(context.Context, *cache.Request) (cache.Response, error) {
	return nil, errors.New("a LinearCache can't be polled")
}

func (l *linears) set(node string, all state) error {
	if all == nil {
		return fmt.Errorf("%w: a LinearCache forgets no node", errUnsupported)
	}
	for index := range int(types.UnknownType) {
		typeURL, err := cache.GetResponseTypeURL(types.ResponseType(index))
		if err != nil {
			return err
		}
		if _, isGiven := all[typeURL]; !isGiven {
			all[typeURL] = nil
		}
	}
	for typeURL, items := range all {
		if err := l.update(l.of(node, typeURL), items); err != nil {
			return err
		}
	}
	return nil
}

func (l *linears) update(linear *cache.LinearCache, items []types.ResourceWithTTL) error {
	before := linear.GetResources()
	changed, gone := map[string]types.Resource{}, []string{}
	for _, item := range items {
		if item.TTL != nil {
			return fmt.Errorf("%w: a LinearCache has no time to live", errUnsupported)
		}
		name := cache.GetResourceName(item.Resource)
		if old, isKnown := before[name]; !isKnown || !proto.Equal(old, item.Resource) {
			changed[name] = item.Resource
		}
		delete(before, name)
	}
	for name := range before {
		gone = append(gone, name)
	}
	if len(changed)+len(gone) == 0 {
		return nil
	}
	return linear.UpdateResources(changed, gone)
}
