package scan

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// Explain says how the fleet is and what it waits for.
func (f *Fleet) Explain(ctx context.Context) (supervision.Explanation, error) {
	return f.Records.Explain(ctx, f.name)
}

// Trouble says why nothing is launched, for those who wait for agents; empty: nothing is in the way.
func (f *Fleet) Trouble(ctx context.Context) (string, error) {
	r, err := f.Records.Get(ctx, f.name)
	if errors.Is(err, storage.ErrNotFound) {
		return "", nil // nobody has wanted an agent yet
	}
	if err != nil {
		return "", err
	}
	return trouble(&r), nil
}

func trouble(r *supervision.Record[FleetRecord, FleetState]) string {
	switch r.State {
	case FleetTripped:
		return fmt.Sprintf("%d launches in a row have failed; nothing is launched until %s: %s", r.Data.Failures, r.Until.UTC().Format(time.RFC3339), r.Data.Cause)
	case FleetProbing:
		return fmt.Sprintf("%d launches in a row have failed; a single one is tried: %s", r.Data.Failures, r.Data.Cause)
	default:
		return ""
	}
}

// mostAgents bounds how many agents an explanation is about.
const mostAgents = 100

// explain says what the agents do.
func (f *Fleet) explain(ctx context.Context, r supervision.Record[FleetRecord, FleetState]) ([]string, error) {
	v := fleetView{o: &f.options, r: &r.Data}
	out := []string{fmt.Sprintf("%d jobs wait for a place and %d have one; that makes %d agents of width %d", r.Data.Waiting, r.Data.Held, v.wanted(), f.options.Width)}
	if why := trouble(&r); why != "" {
		out = append(out, why)
	}
	if !r.Data.Low.IsZero() {
		out = append(out, fmt.Sprintf("no more than %d have been needed since %s; the others are sent away after %v", r.Data.Peak, r.Data.Low.UTC().Format(time.RFC3339), f.options.Idle))
	}
	n := 0
	for el, err := range f.Agents(ctx) {
		if err != nil {
			return out, err
		}
		if n++; n <= mostAgents {
			out = append(out, agentNote(&el))
		}
	}
	if n > mostAgents {
		out = append(out, fmt.Sprintf("and %d more agents", n-mostAgents))
	}
	return out, nil
}

func agentNote(el *fleetAgent) string {
	note := fmt.Sprintf("%s is %s since %s", el.Name, el.State, el.Since.UTC().Format(time.RFC3339))
	if !el.Data.Beat.IsZero() {
		note += fmt.Sprintf(", was last heard of at %s with %d requests", el.Data.Beat.UTC().Format(time.RFC3339), el.Data.Busy)
	}
	if el.Data.Why != "" {
		note += ": " + el.Data.Why
	}
	if el.Data.Left != "" {
		note += ": " + el.Data.Left
	}
	return note
}
