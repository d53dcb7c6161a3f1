package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/reeve-go/reeve/examples/transfer/connector"
	"github.com/reeve-go/reeve/examples/transfer/edc"
	"github.com/reeve-go/reeve/examples/transfer/external"
	"github.com/reeve-go/reeve/fsm"
)

// A story is what an operator does with a transfer.
type story struct {
	name  string
	asset connector.Asset
	steps []step
	// runs: after the last step it goes on until it is called off.
	runs bool
}

// A step is done once the consumer's process is in one of the states.
type step struct {
	at []edc.State
	do func(ctx context.Context, d *demonstration, id string) error
}

const ordinary = 100

// stories are all that there are.
var stories = []story{
	{
		name: "complete", asset: connector.Asset{Size: ordinary, Staging: ordinary},
		steps: []step{{[]edc.State{edc.Started}, fire(edc.ToCompleting, "")}},
	},
	{
		name: "call off while it is provisioned", asset: connector.Asset{Size: ordinary, Staging: ordinary},
		steps: []step{{
			[]edc.State{edc.ProvisioningRequested, edc.Requested, edc.Started},
			fire(edc.ToTerminating, "nobody wants it any more"),
		}},
	},
	{
		name: "call off while the provider provisions", asset: connector.Asset{Size: ordinary, Staging: ordinary},
		steps: []step{{[]edc.State{edc.Requested, edc.Started}, fire(edc.ToTerminating, "it takes too long")}},
	},
	{name: "need too large a bucket", asset: connector.Asset{Size: ordinary, Staging: external.MostSize + 1}},
	{
		name: "need a bucket that has to stay", asset: connector.Asset{Size: ordinary, Staging: ordinary, Held: "an audit is going on"},
		steps: []step{
			{[]edc.State{edc.Started}, fire(edc.ToCompleting, "")},
			{[]edc.State{edc.DeprovisioningFailed}, abandon("destination", "the auditors have it now")},
		},
	},
	{
		name: "pause and go on", asset: connector.Asset{Size: ordinary, Staging: ordinary}, runs: true,
		steps: []step{
			{[]edc.State{edc.Started}, fire(edc.ToSuspending, "")},
			{[]edc.State{edc.Suspended}, fire(edc.ToResuming, "")},
			{[]edc.State{edc.Started}, func(context.Context, *demonstration, string) error { return nil }},
		},
	},
}

// cast returns n stories in an order that the seed draws. Up to as many as there are all differ.
func cast(n int, seed uint64) []story {
	order := rand.New(rand.NewPCG(seed, 0)).Perm(len(stories))
	out := make([]story, n)
	for i := range out {
		out[i] = stories[order[i%len(order)]]
	}
	return out
}

// fire returns what gives an order to a consumer's process.
func fire(e edc.Event, reason string) func(context.Context, *demonstration, string) error {
	return func(ctx context.Context, d *demonstration, id string) error {
		err := d.connector.Transfers[edc.Consumer].Fire(ctx, id, e, func(t *connector.Turn) error {
			t.Data.Reason = reason
			return nil
		})
		if err == nil {
			d.say("%s is ordered: %s", id, e)
		}
		return err
	}
}

// abandon returns what gives up a resource of a consumer.
func abandon(resource, reason string) func(context.Context, *demonstration, string) error {
	return func(ctx context.Context, d *demonstration, id string) error {
		err := d.connector.Manager.Abandon(ctx, connector.RequestOf(edc.Consumer, id), resource, reason)
		if err == nil {
			d.say("%s: its %s is abandoned: %s", id, resource, reason)
		}
		return err
	}
}

// A transfer is one of the demonstration, as it was last seen.
type transfer struct {
	id    string
	story story
	next  int // the step
	seen  map[edc.Role]connector.Record
	told  map[edc.Role]int // lines of its history
}

// follow does the next step of the story if it is time.
func (t *transfer) follow(ctx context.Context, d *demonstration) error {
	if t.next == len(t.story.steps) || !slices.Contains(t.story.steps[t.next].at, t.seen[edc.Consumer].State) {
		return nil
	}
	err := t.story.steps[t.next].do(ctx, d, t.id)
	switch {
	case errors.Is(err, fsm.ErrNotPermitted): // it has moved since it was seen
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", t.id, err)
	}
	t.next++
	return nil
}

// over says whether nothing is left of the transfer.
func (t *transfer) over() bool {
	consumer := t.seen[edc.Consumer]
	return consumer.State == edc.Deprovisioned && (!consumer.Data.Met || t.seen[edc.Provider].State == edc.Deprovisioned)
}

// running says whether it goes on until it is called off.
func (t *transfer) running() bool {
	return t.story.runs && t.next == len(t.story.steps) &&
		t.seen[edc.Consumer].State == edc.Started && t.seen[edc.Provider].State == edc.Started
}
