// Package external is a provisioner of buckets, as somebody else may run one: a program of its own that is ordered by
// HTTP, takes its time, calls back, and does not do any of that well. What happens to an order is drawn from a seed.
//
// It keeps what it knows in a folder, and goes by idempotency keys: of several orders under one key there is one
// bucket, and once that is released there is never another.
package external

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// A Provisioner makes buckets.
type Provisioner struct {
	options Options
	truth   *truth
	client  *http.Client
	telling sync.WaitGroup
	ctx     context.Context // ends when nobody is to be called back any more
}

// Options are the options of a provisioner. All are required.
type Options struct {
	// Folder is where the buckets are.
	Folder string
	// Seed is what the course of an order is drawn from.
	Seed uint64
	// Beat is what all times go by: a bucket takes two to eight of them.
	Beat time.Duration
}

// MostSize is the size of the largest bucket that there can be.
const MostSize = 1000

// Serve takes orders at the listener until ctx ends.
func Serve(ctx context.Context, l net.Listener, o Options) error {
	truth, err := readTruth(o.Folder)
	if err != nil {
		return err
	}
	p := &Provisioner{options: o, truth: truth, client: &http.Client{Timeout: 20 * o.Beat}, ctx: ctx}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", p.order)
	mux.HandleFunc("GET /{$}", p.list)
	mux.HandleFunc("GET /{bucket}", p.open)
	var working sync.RWMutex // read by who answers, so that nobody does any more when this returns
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		working.RLock()
		defer working.RUnlock()
		if ctx.Err() == nil {
			mux.ServeHTTP(w, r)
		}
	})}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	err = server.Serve(l)
	working.Lock()
	defer working.Unlock()
	p.telling.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
