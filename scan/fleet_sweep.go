package scan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/supervision"
)

// sweepNowAndThen is the fleet's source.
func (f *Fleet) sweepNowAndThen(ctx context.Context) error {
	if err := f.ensure(ctx); err != nil {
		return err
	}
	for {
		if err := f.sweep(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(f.options.Sweep):
		}
	}
}

// sweep compares what the provider has with what the fleet knows. What nobody knows is terminated, what has ended is reported, and what could not be
// terminated is tried again. An agent is known before it is launched, so that what is listed first and looked up then is not just on its way.
func (f *Fleet) sweep(ctx context.Context) error {
	listed := map[string]Instance{}
	for is, err := range f.launcher.List(ctx) {
		if err != nil {
			return fmt.Errorf("scan: fleet %q: the launcher cannot say what there is: %w", f.name, err)
		}
		if f.Has(is.Token) {
			listed[is.Token] = is
		}
	}
	var errs []error
	for el, err := range f.Agents(ctx) {
		if err != nil {
			return err
		}
		is, there := listed[el.Name]
		delete(listed, el.Name)
		switch {
		case el.State.Over():
			errs = append(errs, f.releaseAgain(ctx, el.Name))
		case there && is.Gone:
			errs = append(errs, fleetMissing.Deliver(ctx, f.Records, f.name, missing{}, supervision.ToElement(el.Name), supervision.Slot("missing "+el.Name)))
		}
	}
	for _, token := range slices.Sorted(maps.Keys(listed)) {
		if listed[token].Gone {
			continue
		}
		if err := f.launcher.Terminate(ctx, token); err != nil {
			errs = append(errs, fmt.Errorf("scan: fleet %q: %q belongs to nobody and cannot be terminated: %w", f.name, token, err))
		}
	}
	return errors.Join(errs...)
}

// releaseAgain has the termination of an agent tried again, if it was given up.
func (f *Fleet) releaseAgain(ctx context.Context, agent string) error {
	r, err := f.requests.Requests.Get(ctx, agent)
	if err != nil || r.State != provisioning.Failed {
		return err
	}
	return f.requests.Retry(ctx, agent, agentResource)
}
