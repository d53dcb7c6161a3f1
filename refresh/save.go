package refresh

import (
	"context"
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/storage"
)

// Save plans the refresh and makes the plan true, in one transaction, under the token of a lease on the manager; a
// host that has none gives zero. If the plan could be made it is returned beside an error, too.
//
// Others may write to the same tables. What they commit after the plan was made can be in its way: then the database
// refuses it with [storage.ErrConflict], nothing is written, and Save makes another plan, of what is there by then. It makes
// five at most, and none after two in a row that were refused in the same words: those no passing writer is to blame for.
func (r *Refresh[P]) Save(ctx context.Context, token storage.Token) (*Plan, error) {
	return r.save(ctx, token, false, nil)
}

// save saves, by force whatever the guard says. If a save with a newer token was faster, renew returns another token;
// nil: there is none.
func (r *Refresh[P]) save(ctx context.Context, token storage.Token, force bool, renew func() (storage.Token, error)) (*Plan, error) {
	said := ""
	for try := 1; ; try++ {
		plan, again, err := r.saveOnce(ctx, token, force)
		lost := renew != nil && errors.Is(err, storage.ErrLeaseLost)
		switch {
		case !again && !lost, ctx.Err() != nil:
			return plan, err
		case again && err.Error() == said:
			return plan, fmt.Errorf("%w; a new plan was refused in the same words: it is no writer who passes, but what this refresh brings, or a row that is not the manager's", err)
		case again && try == mostTries:
			return plan, fmt.Errorf("%w; another writer was in the way of each of %d plans", err, try)
		case try == mostTries:
			return plan, err
		}
		said = err.Error()
		if plan != nil {
			if err := plan.Close(); err != nil {
				return nil, err
			}
		}
		if lost {
			if token, err = renew(); err != nil {
				return nil, err
			}
		}
	}
}

// saveOnce plans and writes. It is true if a new plan may do better.
func (r *Refresh[P]) saveOnce(ctx context.Context, token storage.Token, force bool) (*Plan, bool, error) {
	return r.persister.save(ctx, r.manager, token, func(tx storage.InventoryTx) (*Plan, error) {
		plan, err := r.plan(ctx, tx)
		if err == nil && force {
			err = plan.Allow()
		}
		if err == nil {
			err = r.writer(plan, tx).write(ctx)
		}
		return plan, err
	})
}

// save does something in one transaction. It is true if that is over and conflicts with what is in the database: then
// nothing was written.
func (p *Persister[P]) save(ctx context.Context, manager string, token storage.Token, do func(storage.InventoryTx) (*Plan, error)) (plan *Plan, conflicts bool, err error) {
	tx, err := p.store.Begin(ctx, storage.Fence{Scope: manager, Token: token})
	if err != nil {
		return nil, false, fmt.Errorf("refresh: manager %q: %w", manager, err)
	}
	defer func() { // also where code of the host's panics
		open := tx.Close()
		conflicts = open == nil && errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrUnknown)
		err = errors.Join(err, open)
	}()
	plan, err = do(tx)
	if err == nil {
		err = tx.Commit(ctx)
	}
	if err != nil && plan != nil {
		plan.forgetCreated()
	}
	return plan, false, err
}

func (r *Refresh[P]) writer(plan *Plan, tx storage.InventoryTx) *writer {
	return &writer{Plan: plan, tx: tx, tables: *r.persister.tables.Load(), steps: r.graph.steps, report: r.persister.options.Progress}
}
