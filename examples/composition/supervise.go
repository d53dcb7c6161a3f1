package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/reeve-go/reeve/examples/composition/acm"
	"github.com/reeve-go/reeve/supervision"
)

// supervise is how the demonstration calls itself for the supervisor's own process.
const supervise = "supervise"

// supervise supervises the compositions in a file until it is told to stop, or until nobody is at the
// other end of stdin any more.
func (s *settings) supervise(ctx context.Context, stdin io.Reader, stderr io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		stop()
	}()
	estate, release, err := s.estate(ctx, s.db)
	if err != nil {
		return err
	}
	defer release()
	sup, err := supervision.New(&supervision.Options{
		Poll: s.beat / 5, Lease: lease, Logger: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return err
	}
	estate.Supervise(sup)
	post := poster{url: s.field, beat: s.beat}
	supervision.Perform(sup, acm.Ordered, send[acm.Order](post, "order"), post.options())
	supervision.Perform(sup, acm.PrimeOrdered, send[acm.PrimeOrder](post, "prime"), post.options())
	supervision.Perform(sup, acm.Synced, send[acm.Sync](post, "sync"), post.options())
	supervision.Perform(sup, acm.Restarted, send[acm.Restart](post, "restart"), post.options())
	return sup.Run(ctx)
}

// A letter is an effect on its way to the participants.
type letter[A any] struct {
	Call supervision.Call `json:"call"`
	Body A                `json:"body"`
}

// A poster brings letters to the participants.
type poster struct {
	url  string
	beat time.Duration
}

// options let it try again soon when nobody is there.
func (p poster) options() *supervision.PerformOptions {
	return &supervision.PerformOptions{Attempts: -1, Timeout: 4 * p.beat, Backoff: supervision.Exponential(p.beat, 4*p.beat)}
}

// send returns what performs a sort of effect.
func send[A any](p poster, what string) func(context.Context, supervision.Call, A) (acm.None, error) {
	return func(ctx context.Context, c supervision.Call, args A) (acm.None, error) {
		body, err := json.Marshal(letter[A]{c, args})
		if err != nil {
			return acm.None{}, supervision.Permanent(err)
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+what, bytes.NewReader(body))
		if err != nil {
			return acm.None{}, supervision.Permanent(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return acm.None{}, err
		}
		defer func() { _ = answer.Body.Close() }()
		if answer.StatusCode != http.StatusOK {
			return acm.None{}, fmt.Errorf("%s: %s", what, answer.Status)
		}
		return acm.None{}, nil
	}
}
