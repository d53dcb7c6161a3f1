package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/reeve-go/reeve/examples/inventory/machine"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

// A keeper keeps the inventory of a machine.
type keeper struct {
	name      string
	from      *machine.Machine
	db        *sql.DB
	persister *refresh.Persister[*Inventory]
	names     *Inventory // for naming targets
}

func newKeeper(ctx context.Context, file, name string, from *machine.Machine) (*keeper, error) {
	db, store, err := open(ctx, file)
	if err != nil {
		return nil, err
	}
	k := &keeper{name: name, from: from, db: db}
	if err := k.prepare(store); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return k, nil
}

// prepare declares the inventory.
func (k *keeper) prepare(in storage.Inventory) (err error) {
	if k.persister, err = refresh.NewPersister(declare, in, &refresh.PersisterOptions{Scope: scope}); err == nil {
		k.names, err = k.persister.Inventory()
	}
	return err
}

func (k *keeper) close() error { return k.db.Close() }

// plan reads everything and finds out what has changed.
func (k *keeper) plan(ctx context.Context) (*refresh.Plan, error) {
	return k.collect(ctx, nil, func(r *refresh.Refresh[*Inventory]) (*refresh.Plan, error) { return r.Plan(ctx) })
}

// refresh reads what targets name, and saves what has changed. Nil names everything.
func (k *keeper) refresh(ctx context.Context, t *refresh.Targets) (*refresh.Plan, error) {
	return k.collect(ctx, t, func(r *refresh.Refresh[*Inventory]) (*refresh.Plan, error) { return r.Save(ctx, 0) })
}

// force makes a plan true that removes more than usual.
func (k *keeper) force(ctx context.Context, p *refresh.Plan) error {
	if err := p.Allow(); err != nil {
		return err
	}
	return k.persister.Apply(ctx, p, 0)
}

// collect reads what targets name into a refresh, and does something with it.
func (k *keeper) collect(
	ctx context.Context, t *refresh.Targets, then func(*refresh.Refresh[*Inventory]) (*refresh.Plan, error),
) (plan *refresh.Plan, err error) {
	r, err := k.persister.Open(ctx, k.name, t)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	reading, err := k.reading(t)
	if err != nil {
		return nil, err
	}
	if err := parse(ctx, reading, r.Inventory); err != nil {
		return nil, err
	}
	return then(r)
}

// reading returns the collector for targets.
func (k *keeper) reading(t *refresh.Targets) (*machine.Reading, error) {
	if t == nil {
		return k.from.Full(), nil
	}
	processes, err := k.names.Processes.Targets(t)
	if err != nil {
		return nil, err
	}
	sockets, err := k.names.Sockets.Targets(t)
	if err != nil {
		return nil, err
	}
	ids := make([]machine.ProcessID, len(processes))
	for i := range processes {
		ids[i] = processes[i].id()
	}
	those := make([]machine.Socket, len(sockets))
	for i := range sockets {
		if those[i], err = sockets[i].socket(); err != nil {
			return nil, err
		}
	}
	return k.from.Targeted(ids, those), nil
}

// targets names processes and sockets.
func (k *keeper) targets(processes []machine.ProcessID, sockets []machine.Socket) (*refresh.Targets, error) {
	t := &refresh.Targets{}
	for _, id := range processes {
		if err := k.names.Processes.Target(t, processKey(id)); err != nil {
			return nil, err
		}
	}
	for _, s := range sockets {
		if err := k.names.Sockets.Target(t, socketKey(s)); err != nil {
			return nil, err
		}
	}
	return t, nil
}
