package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reeve-go/reeve/scan"
)

// agent answers requests until ctx ends.
func (w *ward) agent(ctx context.Context, id string) error {
	for {
		got, err := w.requests.Receive(ctx, requestsAtOnce, time.Minute)
		if err == nil && len(got) > 0 {
			err = w.answer(ctx, id, got)
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the round is over
		}
		if err != nil {
			return err
		}
	}
}

// answer begins with the requests, replies to them, and says that this is done.
func (w *ward) answer(ctx context.Context, id string, got []scan.Delivery) error {
	reports, replies := make([]scan.Progress, len(got)), make([]scan.Message, len(got))
	for i, d := range got {
		r, err := scan.DecodeRequest(d.Message().Body)
		if err != nil {
			return err
		}
		reports[i] = scan.Progress{Agent: id, Job: r.Job, Epoch: r.Epoch, Seq: 1}
		body, err := scan.EncodeReply(scan.Reply{V: scan.WireVersion, Agent: id, Job: r.Job, Epoch: r.Epoch, Seq: 1, Last: true, Results: nothingFound(&r)})
		if err != nil {
			return err
		}
		replies[i] = scan.Message{Key: string(scan.DigestOf(body)), Body: body}
	}
	directives, err := w.desk.Report(ctx, reports)
	if err != nil {
		return err
	}
	for _, d := range directives {
		if d.Do != scan.Continue {
			return fmt.Errorf("an agent that begins is told to %s: %s", d.Do, d.Why)
		}
	}
	if err := w.replies.Send(ctx, replies...); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, d := range got {
		g.Go(func() error { return d.Ack(ctx) })
	}
	return g.Wait()
}

// nothingFound are empty results of all that is asked for.
func nothingFound(r *scan.Request) []scan.Result {
	var out []scan.Result
	for _, c := range r.Categories {
		out = append(out, scan.Result{
			Category: c.Name, Outcome: scan.Empty, Address: scan.Address(r.Target.ID, "bench", "1", nil, c.Name),
			Scanner: "bench", Version: "1", Digest: scan.DigestOf(nil), At: time.Now().UTC().Round(0),
		})
	}
	return out
}
