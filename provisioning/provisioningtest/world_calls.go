package provisioningtest

import (
	"context"
	"fmt"

	"github.com/reeve-go/reeve/provisioning"
)

// Ensure makes a resource, in one of the ways that the options allow.
func (w *World) Ensure(ctx context.Context, c provisioning.Call) (provisioning.Answer, error) {
	return w.serve(ctx, &c, AllWays&^Breakdowns, w.ensure)
}

// Release releases a resource, in one of the ways that the options allow.
func (w *World) Release(ctx context.Context, c provisioning.Call) (provisioning.Answer, error) {
	return w.serve(ctx, &c, AllWays&^Breakdowns, w.release)
}

// Poll says how far a resource is.
func (w *World) Poll(ctx context.Context, c provisioning.Call) (provisioning.Answer, error) {
	return w.serve(ctx, &c, Losses|Panics, w.poll)
}

// Find says whether there is a resource of the key.
func (w *World) Find(ctx context.Context, c provisioning.Call) (provisioning.Answer, error) {
	return w.serve(ctx, &c, Losses|Panics, w.find)
}

// Plan says what Ensure would do. Nobody has asked for the resource yet, so the call may have no key.
func (w *World) Plan(ctx context.Context, c provisioning.Call) (string, error) {
	if c.Key == "" {
		c.Key = fmt.Sprintf("none yet of %v", resourceOf(&c))
	}
	a, err := w.serve(ctx, &c, Losses|Panics, w.plan)
	return a.Progress, err
}

// Renew gives a resource another secret.
func (w *World) Renew(ctx context.Context, c provisioning.Call) (provisioning.Answer, error) {
	return w.serve(ctx, &c, Refusals|Losses|Lies|Panics, w.renew)
}

// A service is what a world does about a call, in one of the ways.
type service func(e *entry, c *provisioning.Call, way Ways) (provisioning.Answer, error)

// serve answers a call in one of some ways. What comes of a call whose caller gave up nobody hears.
func (w *World) serve(ctx context.Context, c *provisioning.Call, ways Ways, do service) (provisioning.Answer, error) {
	gaveUp := w.dawdle(ctx)
	if gaveUp != nil {
		ways &= Losses | Lies | Lates
	}
	a, err := w.do(c, ways, gaveUp != nil, do)
	if gaveUp = w.dawdle(ctx); gaveUp != nil {
		return provisioning.Answer{}, gaveUp
	}
	return a, err
}

func (w *World) do(c *provisioning.Call, ways Ways, gaveUp bool, do service) (provisioning.Answer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.catchUp()
	e, way := w.entry(c), w.way(ways)
	if gaveUp && way == 0 {
		way = Losses
	}
	a, err := do(e, c, way)
	if way == Lies {
		return provisioning.Answer{}, errLost
	}
	return a, err
}

// refused answers in those ways in which it is not done at once.
func (w *World) refused(way Ways) error {
	switch way {
	case Refusals:
		return provisioning.Retry(w.span(w.options.Work), errBusy)
	case Losses, Lates:
		return errLost
	case Fatals:
		return provisioning.Fatal(errBroken)
	case Panics:
		panic(errBroken)
	}
	return nil
}

func (w *World) ensure(e *entry, c *provisioning.Call, way Ways) (provisioning.Answer, error) {
	if c.Goal != provisioning.Present {
		w.blame("Ensure of %v is called with the goal %q", resourceOf(c), c.Goal)
	}
	if i := w.options.Intended; i != nil && !i(*c) {
		w.blame("nobody intended Ensure of %v under the key %s", resourceOf(c), c.Key)
	}
	switch {
	case e.released && !w.options.Forgetful:
		return provisioning.Answer{}, provisioning.Fatal(errReleased)
	case e.foreign:
		return provisioning.Answer{}, provisioning.Conflict(errForeign)
	case way == Lates:
		e.comes = w.late()
	case (way == Fatals || way == Panics) && e.state == empty && w.choose(2) == 1:
		w.make(e)
	}
	if err := w.refused(way); err != nil {
		return provisioning.Answer{}, err
	}
	if e.state == leaving {
		return provisioning.Answer{}, provisioning.Retry(0, errBusy)
	}
	e.call, e.broken = *c, nil
	switch {
	case e.state != empty:
	case way == Works:
		w.begin(e, making)
	default:
		w.make(e)
	}
	return w.answer(e), nil
}

func (w *World) release(e *entry, c *provisioning.Call, way Ways) (provisioning.Answer, error) {
	if c.Goal != provisioning.Absent {
		w.blame("Release of %v is called with the goal %q", resourceOf(c), c.Goal)
	}
	switch {
	case way == Lates:
		e.goes = w.late()
	case (way == Fatals || way == Panics) && w.choose(2) == 1:
		w.unmake(e)
	}
	if err := w.refused(way); err != nil {
		return provisioning.Answer{}, err
	}
	e.call, e.broken, e.released = *c, nil, true
	switch {
	case e.state == empty || e.state == leaving:
	case way == Works:
		w.begin(e, leaving)
	default:
		w.unmake(e)
	}
	return w.answer(e), nil
}

func (w *World) poll(e *entry, c *provisioning.Call, way Ways) (provisioning.Answer, error) {
	if err := w.refused(way); err != nil {
		return provisioning.Answer{}, err
	}
	switch {
	case e.state == making || e.state == leaving:
	case e.broken != nil:
		return provisioning.Answer{}, e.broken
	case e.state == empty && c.Goal == provisioning.Present:
		return provisioning.Answer{}, provisioning.Retry(0, errNotMade)
	case e.state == made && c.Goal == provisioning.Absent:
		return provisioning.Answer{}, provisioning.Retry(0, errNotRemoved)
	}
	return w.answer(e), nil
}

func (w *World) find(e *entry, _ *provisioning.Call, way Ways) (provisioning.Answer, error) {
	if err := w.refused(way); err != nil {
		return provisioning.Answer{}, err
	}
	a := w.answer(e)
	if a.Secrets = nil; e.state == empty {
		a.State = provisioning.Missing
	}
	return a, nil
}

func (w *World) plan(e *entry, c *provisioning.Call, way Ways) (provisioning.Answer, error) {
	if err := w.refused(way); err != nil {
		return provisioning.Answer{}, err
	}
	if e.state == empty {
		return provisioning.Answer{Progress: fmt.Sprintf("something would be made for %q", c.Resource)}, nil
	}
	return provisioning.Answer{Progress: fmt.Sprintf("%s is there already", e.handle)}, nil
}

func (w *World) renew(e *entry, _ *provisioning.Call, way Ways) (provisioning.Answer, error) {
	if err := w.refused(way); err != nil {
		return provisioning.Answer{}, err
	}
	if e.state != made {
		return provisioning.Answer{}, provisioning.Fatal(errNotMade)
	}
	e.renewals++
	return w.answer(e), nil
}
