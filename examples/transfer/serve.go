package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/reeve-go/reeve/examples/transfer/external"
	"github.com/reeve-go/reeve/supervision"
)

// provisionBuckets is the process of the external provisioner.
func (o *orders) provisionBuckets(ctx context.Context, l net.Listener, ready func() error) error {
	if err := ready(); err != nil {
		return err
	}
	return external.Serve(ctx, l, external.Options{Folder: o.Folder, Seed: o.Seed, Beat: o.Beat})
}

// lease is after how long a connector goes on with what one that was killed was doing.
const lease = time.Second

// connect is the process of the connector.
func (o *orders) connect(ctx context.Context, l net.Listener, ready func() error) error {
	o.Callbacks = l.Addr().String()
	estate, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer estate.close()
	sup, err := supervision.New(&supervision.Options{
		Poll: o.Beat / 4, Lease: lease, Drain: o.beats(20), Backoff: supervision.Exponential(o.Beat, o.beats(10)),
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return err
	}
	if err := estate.connector.Supervise(sup); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle(callbacks, http.StripPrefix(callbacks[:len(callbacks)-1], estate.connector.Manager.Handler()))
	server := &http.Server{Handler: mux, ReadTimeout: 10 * time.Second}
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("callbacks are not taken any more", "error", err)
		}
	})
	defer serving.Wait()
	defer func() { _ = server.Close() }()
	if err := ready(); err != nil {
		return err
	}
	return sup.Run(ctx)
}
