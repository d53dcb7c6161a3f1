package external

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A List is what an auditor is shown.
type List struct {
	// Buckets are those that are there, or are being made or emptied.
	Buckets []Listed `json:"buckets"`
	Counts  Counts   `json:"counts"`
}

// Listed is one of the buckets that are there.
type Listed struct {
	Key   string `json:"key"`
	Owner string `json:"owner"`
}

func (p *Provisioner) list(w http.ResponseWriter, _ *http.Request) {
	l := List{Buckets: []Listed{}}
	_ = p.truth.change(func(known *contents) bool { // it only looks
		for _, b := range known.Buckets {
			if b.stage(time.Now()) != gone {
				l.Buckets = append(l.Buckets, Listed{b.Key, b.Owner})
			}
		}
		l.Counts = known.Counts
		return false
	})
	slices.SortFunc(l.Buckets, func(a, b Listed) int { return strings.Compare(a.Owner+a.Key, b.Owner+b.Key) })
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(l)
}

// open opens a bucket for who has its secret.
func (p *Provisioner) open(w http.ResponseWriter, r *http.Request) {
	status := http.StatusNotFound
	_ = p.truth.change(func(known *contents) bool { // it only looks
		for _, b := range known.Buckets {
			switch {
			case b.Name != r.PathValue("bucket") || b.stage(time.Now()) != there:
			case r.Header.Get("Authorization") != "Bearer "+b.Access:
				status = http.StatusForbidden
			default:
				status = http.StatusOK
			}
		}
		return false
	})
	w.WriteHeader(status)
}

// Ask returns what a provisioner says is there.
func Ask(ctx context.Context, url string) (*List, error) {
	reply, err := get(ctx, url, "")
	if err != nil {
		return nil, err
	}
	defer func() { _ = reply.Body.Close() }()
	l := new(List)
	return l, json.NewDecoder(reply.Body).Decode(l)
}

// Open opens a bucket with its secret.
func Open(ctx context.Context, url, bucket, access string) error {
	reply, err := get(ctx, url+"/"+bucket, access)
	if err != nil {
		return err
	}
	return reply.Body.Close()
}

func get(ctx context.Context, url, access string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+access)
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	if reply.StatusCode != http.StatusOK {
		_ = reply.Body.Close()
		return nil, fmt.Errorf("%s: %s", url, reply.Status)
	}
	return reply, nil
}
