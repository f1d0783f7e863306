package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// A control takes changes over HTTP, one at a time, and hands them to the store.
type control struct {
	mu    sync.Mutex
	state *state
	store store
}

func (c *control) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /change", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		sequence, err := readSequence(query.Get("sequence"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		touched, err := c.readIndexes(query.Get("resource"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := c.change(sequence, touched); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(c.describe())
	})
	return mux
}

func (c *control) change(sequence uint64, touched []int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.touch(sequence, touched)
	return c.store.take(c.state, touched)
}

func (c *control) describe() any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return struct {
		Sequence  uint64 `json:"sequence"`
		Type      string `json:"type"`
		Resources int    `json:"resources"`
		Endpoints int    `json:"endpoints"`
		Bytes     int    `json:"bytes"`
	}{c.state.sequence, c.state.kind, c.state.resources, c.state.endpoints, c.state.bytes()}
}

func readSequence(text string) (uint64, error) {
	sequence, err := strconv.ParseUint(text, 10, 64)
	if err != nil || sequence < 1 || sequence > maxSequence {
		return 0, fmt.Errorf("sequence must be a number from 1 to %d, not %q", uint64(maxSequence), text)
	}
	return sequence, nil
}

func (c *control) readIndexes(text string) ([]int, error) {
	if text == "all" {
		return c.state.all(), nil
	}
	var indexes []int
	for part := range strings.SplitSeq(text, ",") {
		index, err := strconv.Atoi(part)
		if err != nil || index < 0 || index >= c.state.resources {
			return nil, fmt.Errorf("resource must be all, or numbers from 0 to %d with commas, not %q", c.state.resources-1, text)
		}
		indexes = append(indexes, index)
	}
	return indexes, nil
}
