package refresh

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A Run is one refresh of a manager, and one try at it: if a program dies another takes it over.
type Run struct {
	Manager string `json:"-"`
	// Targets are what it is about. Nil: everything.
	Targets *Targets `json:"targets,omitempty"`
	// Force: it may remove as many rows as it likes.
	Force bool `json:"force,omitempty"`

	call supervision.Call
}

// perform performs a refresh. One that fails is no failed effect, which would be tried again as it is: the record is
// told, and asks anew for what is wanted then.
func (r *Refresher[C, P]) perform(ctx context.Context, c supervision.Call, run Run) (out report, err error) {
	run.Manager, run.call = c.From.ID, c
	out.Saved, err = r.refresh(ctx, run)
	if err == nil || interrupted(ctx) {
		return out, err
	}
	out.Error = clip(err.Error())
	r.options.Logger.Warn("a refresh failed", "manager", run.Manager, "targeted", run.Targets != nil, "error", err)
	if r.options.Failed != nil {
		r.options.Failed(ctx, run, err)
	}
	if guarded, is := errors.AsType[*GuardError](err); is {
		_ = guarded.Plan.Close() // the error counts
	}
	return out, nil
}

// interrupted reports whether a refresh was ended although nothing is wrong with it.
func interrupted(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, supervision.ErrStopping) || errors.Is(cause, storage.ErrLeaseLost) || errors.Is(cause, storage.ErrCanceled)
}

// refresh does it, and returns what was saved also with an error.
func (r *Refresher[C, P]) refresh(ctx context.Context, run Run) (done []Outcome, err error) {
	if r.options.Before != nil {
		if err := r.options.Before(ctx, run); err != nil {
			return nil, fmt.Errorf("refresh: before it: %w", err)
		}
	}
	one, from, err := r.collect(ctx, run)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeCollector(from), one.Close()) }()
	lacks := Fill(ctx, one, from, r.parsers...)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	saved, err := save(ctx, one, run.Force, func() (storage.Token, error) {
		return r.ticket(ctx, run.Manager, func(m *Manager) bool { return m.wants(&run) })
	})
	if err != nil {
		return nil, err
	}
	if r.options.After != nil {
		if err = r.options.After(ctx, run, saved); err != nil {
			err = fmt.Errorf("refresh: after it: %w", err)
		}
	}
	return outcomes(saved), errors.Join(lacks, err, saved.Close())
}

// collect opens a refresh and what its parsers read from.
func (r *Refresher[C, P]) collect(ctx context.Context, run Run) (*Refresh[P], C, error) {
	one, err := r.persister.Open(ctx, run.Manager, run.Targets)
	if err != nil {
		var none C
		return nil, none, err
	}
	var from C
	if run.Targets == nil {
		from, err = r.collector.Full(ctx, run.Manager)
	} else if from, err = r.collector.Targeted(ctx, run.Manager, run.Targets); errors.Is(err, errors.ErrUnsupported) {
		run.Targets = nil
		again, c, err := r.collect(ctx, run)
		return again, c, errors.Join(err, one.Close())
	}
	if err != nil {
		return nil, from, errors.Join(fmt.Errorf("refresh: collecting: %w", err), one.Close())
	}
	return one, from, nil
}

func closeCollector(c any) error {
	if c, is := c.(io.Closer); is {
		return c.Close()
	}
	return nil
}

// save saves a refresh under a token that it gets for it, or a newer one. What it returns with an error is nothing, or the
// plan of a [GuardError].
func save[P any](ctx context.Context, r *Refresh[P], force bool, ticket func() (storage.Token, error)) (*Plan, error) {
	token, err := ticket()
	if err != nil {
		return nil, err
	}
	plan, err := r.save(ctx, token, force, ticket)
	if _, is := errors.AsType[*GuardError](err); err != nil && plan != nil && !is {
		return nil, errors.Join(err, plan.Close())
	}
	return plan, err
}

// errUnwanted is a save that is not to be: its manager is being removed, or another try at the refresh has taken its place.
var errUnwanted = errors.New("refresh: nobody wants this refresh any more")

// ticket returns the token of a save. The manager's record takes down that it is given, so it is newer than all that
// were given before; and only who does what the record wants gets one. It is the time at the least, so that a record
// that was restored from a backup, or that is the second of its name, is not behind what the inventory has seen.
func (l *lifecycle) ticket(ctx context.Context, manager string, wanted func(m *Manager) bool) (token storage.Token, err error) {
	err = l.managers.Change(ctx, manager, func(t *turn) error {
		if !wanted(t.Data) {
			return errUnwanted
		}
		token = max(t.Data.Token+1, storage.Token(t.Now.UnixMicro()))
		t.Data.Token = token
		return nil
	})
	return token, err
}

// wants reports whether a manager wants a refresh saved, and takes down which try at it saves.
func (m *Manager) wants(run *Run) bool {
	track := &m.Full
	if run.Targets != nil {
		track = &m.Targeted
	}
	if m.Removing || track.Run != run.call.ID || run.call.Fence < track.Fence {
		return false
	}
	track.Fence = run.call.Fence
	return true
}

// remove performs the removal of all that a manager has: a refresh that brings nothing and is complete.
func (r *Refresher[C, P]) remove(ctx context.Context, c supervision.Call, _ struct{}) (_ struct{}, err error) {
	one, err := r.persister.Open(ctx, c.From.ID, nil)
	if err != nil {
		return struct{}{}, err
	}
	defer func() { err = errors.Join(err, one.Close()) }()
	for _, of := range one.graph.order {
		of.complete = true
	}
	saved, err := save(ctx, one, true, func() (storage.Token, error) {
		return r.ticket(ctx, c.From.ID, func(m *Manager) bool { return m.Removal == c.ID })
	})
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, saved.Close()
}
