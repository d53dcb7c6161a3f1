package refresh

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"

	"github.com/reeve-go/reeve/storage"
)

// A Persister plans and saves the inventories of managers: declare says of which collections one consists. It is
// safe for concurrent use.
type Persister[P any] struct {
	declare func(*Builder) P
	store   storage.Inventory
	options PersisterOptions
	names   []*collection                             // what targets are looked up in; they stay as they are
	tables  atomic.Pointer[map[string]*storage.Table] // by name, once they are checked
}

// PersisterOptions are how a [Persister] works. Nil is the defaults.
type PersisterOptions struct {
	// Scope returns the columns, with their values, that all rows of a manager have in tables whose rows
	// belong to no other. Nil: the column manager has the manager's name.
	Scope func(manager string) map[string]any
	// Guard is how many rows of a collection one full refresh may remove, unless the collection has a guard of its own. The
	// zero value has limits, too.
	Guard Guard
	// Memory is how many bytes of rows, and how many of a plan, are kept in memory before they go to a
	// temporary file. Zero: 64 MiB.
	Memory int
	// Progress, if it is not nil, is told how far a refresh is: every thousand rows, at the end of each collection, and at
	// the end of each [Phase]. It is called by whoever works, so by several parsers at once while they fill collections, and
	// in the transaction of the save while that writes: it has to be quick, and not to call the refresh. If it panics, so
	// does what it is called by. A save that plans again begins anew, with what was filled.
	Progress func(Progress)
}

const defaultMemory = 64 << 20

// NewPersister returns a persister on a database. It declares the collections once to check them: what contradicts
// itself is an error that names it.
func NewPersister[P any](declare func(*Builder) P, store storage.Inventory, o *PersisterOptions) (*Persister[P], error) {
	p := &Persister[P]{declare: declare, store: store}
	if o != nil {
		p.options = *o
	}
	if p.options.Scope == nil {
		p.options.Scope = func(manager string) map[string]any { return map[string]any{"manager": manager} }
	}
	if p.options.Memory == 0 {
		p.options.Memory = defaultMemory
	}
	if err := p.options.Guard.check(); err != nil {
		return nil, fmt.Errorf("refresh: PersisterOptions.Guard: %w", err)
	}
	r, err := p.open()
	if err != nil {
		return nil, err
	}
	p.names = r.graph.order
	for _, c := range p.names {
		c.named = true
	}
	return p, nil
}

// open declares the collections of one refresh.
func (p *Persister[P]) open() (*Refresh[P], error) {
	b := &Builder{in: (&contents{spool: spool{limit: p.options.Memory}}).use()}
	r := &Refresh[P]{persister: p, in: b.in}
	if p.options.Progress != nil {
		b.told = func(collection string, rows int) {
			p.options.Progress(Progress{Manager: r.manager, Phase: Filling, Collection: collection, Rows: rows})
		}
	}
	r.Inventory = p.declare(b)
	if len(b.errs) > 0 {
		return nil, errors.Join(b.errs...)
	}
	var err error
	r.graph, err = newGraph(b)
	return r, err
}

// Open begins a refresh of what a manager has: of everything, or of what targets name.
func (p *Persister[P]) Open(ctx context.Context, manager string, t *Targets) (*Refresh[P], error) {
	if err := p.checkOnce(ctx); err != nil {
		return nil, err
	}
	r, err := p.open()
	if err != nil {
		return nil, err
	}
	r.manager = manager
	if r.targets, err = t.in(r.graph.order); err != nil {
		return nil, err
	}
	if r.since, err = p.store.Saves(ctx, manager); err != nil {
		return nil, fmt.Errorf("refresh: manager %q: %w", manager, err)
	}
	return r, nil
}

// A Refresh is one refresh of a manager: parsers fill the collections of its Inventory, then it is planned or saved.
type Refresh[P any] struct {
	// Inventory is what declare returned for this refresh.
	Inventory P

	persister *Persister[P]
	graph     *graph
	in        *contents
	manager   string
	targets   targeting
	since     uint64
	closed    bool
}

// Plan finds out what the refresh changes, and writes nothing.
func (r *Refresh[P]) Plan(ctx context.Context) (plan *Plan, err error) {
	view, err := r.persister.store.View(ctx)
	if err != nil {
		return nil, fmt.Errorf("refresh: manager %q: %w", r.manager, err)
	}
	defer func() { err = errors.Join(err, view.Close()) }() // also where code of the host's panics
	return r.plan(ctx, view)
}

func (r *Refresh[P]) plan(ctx context.Context, view storage.InventoryView) (*Plan, error) {
	scope, err := constantsOf(r.persister.options.Scope(r.manager))
	if err != nil {
		return nil, fmt.Errorf("refresh: the scope of manager %q: %w", r.manager, err)
	}
	p := planner{
		graph: r.graph, in: r.in, view: view, scope: scope, targets: r.targets, guard: r.persister.options.Guard, states: map[*collection]*state{},
		report: r.persister.options.Progress, tables: *r.persister.tables.Load(), plan: newPlan(r.manager, r.since, r.persister.options.Memory),
	}
	p.plan.Targeted, p.plan.in = r.targets != nil, r.in.use()
	if err := p.run(ctx); err != nil {
		return nil, errors.Join(err, p.plan.Close())
	}
	return p.plan, nil
}

// Apply makes a plan true that was made before, here or elsewhere. If a row is not any more as the plan has it, or not the
// manager's, nothing is written, and the error is [storage.ErrConflict]: the plan is what was agreed, and no other is made
// as by [Refresh.Save]. It is [storage.ErrInvalid] if the plan is for
// other tables, columns or modes than the persister's. So a plan is no more than what a refresh of its manager can
// do; which manager that is, and what its guard allows, is in the plan, and the host's to look at where plans come from
// outside.
func (p *Persister[P]) Apply(ctx context.Context, plan *Plan, token storage.Token) error {
	if err := p.checkOnce(ctx); err != nil {
		return err
	}
	r, err := p.open()
	if err != nil {
		return err
	}
	_, _, err = p.save(ctx, plan.Manager, token, func(tx storage.InventoryTx) (*Plan, error) {
		w := r.writer(plan, tx)
		w.check = true
		if err := r.admit(ctx, tx, plan); err != nil {
			return plan, err
		}
		return plan, w.write(ctx)
	})
	return err
}

// Close gives back what the refresh holds, but for what a plan of it needs until that is closed.
func (r *Refresh[P]) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	return r.in.release()
}

// literal returns a value that a host gave as it is in Go.
func literal(v any) (storage.Value, error) {
	if v == nil {
		return storage.Value{}, nil
	}
	of := reflect.ValueOf(v)
	c, err := codecOf(of.Type())
	if err != nil {
		return storage.Value{}, err
	}
	return c.encode(of)
}
