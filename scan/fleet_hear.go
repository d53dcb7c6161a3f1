package scan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// demand is the message of how many jobs want places.
type demand struct {
	Waiting int `json:"waiting"`
	Held    int `json:"held"`
}

// missing is the message that the provider says that an agent has ended.
type missing struct{}

var (
	fleetBeat    = supervision.NewMessage[Beat]("scan.beat")
	fleetDemand  = supervision.NewMessage[demand]("scan.demand")
	fleetMissing = supervision.NewMessage[missing]("scan.missing")
)

// Beat takes an agent's beat down and says what it is to do about itself. Nobody waits for an agent that the fleet does not know, or has
// given up. An error says that the beat could not be taken down.
func (f *Fleet) Beat(ctx context.Context, b Beat) (Order, error) {
	if !f.Has(b.Agent) {
		return Stop, nil
	}
	if b.Busy < 0 || b.Width < 0 {
		return "", fmt.Errorf("scan: %w: agent %q says that it works on %d requests of %d; no number below zero is right", storage.ErrInvalid, b.Agent, b.Busy, b.Width)
	}
	el, err := f.agents.Load(ctx, f.Records, f.name, b.Agent)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return Stop, nil
	case err != nil:
		return "", fmt.Errorf("scan: beat of agent %q: %w", b.Agent, err)
	case el.State.Over():
		return Stop, nil
	}
	slot, order := "beat "+b.Agent, Work
	switch {
	case b.Idle || b.Drained:
		slot, order = "end "+b.Agent, Stop // which no beat that comes late can replace
	case !el.Data.Drain.IsZero():
		order = Drain
	}
	if err := fleetBeat.Deliver(ctx, f.Records, f.name, b, supervision.ToElement(b.Agent), supervision.Slot(slot)); err != nil {
		return "", fmt.Errorf("scan: beat of agent %q: %w", b.Agent, err)
	}
	return order, nil
}

// Demand tells the fleet, in the commit of a turn of another record of the store, how many jobs wait for a place, and how many have one.
// Only the last word counts. If there is no record of the fleet yet, there is one then.
func (f *Fleet) Demand(t supervision.Outbound, waiting, held int) {
	f.Records.Spawn(t, f.name, FleetRecord{Places: -1}, supervision.SetUp(setUpFleet))
	fleetDemand.Send(t, f.Records.Key(f.name), demand{max(waiting, 0), max(held, 0)}, supervision.Slot("demand"))
}

// ensure sees to it that there is a record.
func (f *Fleet) ensure(ctx context.Context) error {
	err := f.Records.Create(ctx, f.name, FleetRecord{Places: -1}, supervision.SetUp(setUpFleet))
	if errors.Is(err, storage.ErrExists) {
		return nil
	}
	return err
}

func setUpFleet(t supervision.Outbound) error {
	of, ok := t.(*fleetTurn)
	if !ok {
		return errors.New("scan: it is not a turn of a fleet")
	}
	of.Data.Nonce = of.NewID()[:12]
	of.Wake(time.Microsecond) // for agents that are wanted whatever there is to do
	return nil
}

// hear takes down one message, and returns the agent that it is about; nil: none that the fleet has.
func (w *fleetWork) hear(m supervision.Message) *fleetAgent {
	if d, ok := fleetDemand.Body(m); ok {
		w.t.Data.Waiting, w.t.Data.Held = d.Waiting, d.Held
		return nil
	}
	if c, ok := provisioning.StatusChanged.Body(m); ok {
		return w.hearStatus(c)
	}
	el, ok := w.f.agents.Get(w.t, m.Element)
	if m.Element == "" || !ok {
		return nil
	}
	if b, ok := fleetBeat.Body(m); ok {
		el.Data.beat(&b, w.t.Now)
	} else if _, ok := fleetMissing.Body(m); ok {
		el.Data.Lost = cmp.Or(el.Data.Lost, "what it ran in has ended")
	}
	return el
}

// beat takes down what an agent says.
func (a *FleetAgent) beat(b *Beat, now time.Time) {
	if b.Busy == 0 || b.Worked != a.Worked || a.Beat.IsZero() {
		a.Moved = now
	}
	a.Beat, a.Busy, a.Worked = now, b.Busy, b.Worked
	switch {
	case b.Drained:
		a.Ended = "it has drained"
	case b.Idle:
		a.Ended = "it had nothing to do"
	}
}

// hearStatus takes down what became of an agent's request.
func (w *fleetWork) hearStatus(c provisioning.Changed) *fleetAgent {
	el, ok := w.f.agents.Get(w.t, c.Request)
	if !ok {
		return nil
	}
	a := el.Data
	switch {
	case c.Status == provisioning.Provisioned:
		a.Launched, a.Instance = true, c.Resources[agentResource].Handle
	case c.Goal == provisioning.Absent && !el.State.Over():
		a.Lost = clipped("it could not be launched: " + cmp.Or(c.Error, c.Reason, "its request has ended"))
	case c.Status == provisioning.Failed:
		a.Left = clipped("it cannot be terminated: " + c.Error)
	}
	a.Gone = a.Gone || c.Status == provisioning.Deprovisioned
	return el
}
