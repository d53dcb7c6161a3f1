package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/reeve-go/reeve/examples/internal/refreshing"
	"github.com/reeve-go/reeve/examples/inventory/machine"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A keeper keeps the inventory of a machine: a refresher, and the collector that it works with.
type keeper struct {
	name      string
	from      *machine.Machine
	persister *refresh.Persister[*Inventory]
	names     *Inventory // for naming targets
	refresher *refresh.Refresher[*machine.Reading, *Inventory]
}

// newKeeper returns the keeper of a machine, with its records in a store and its rows in an inventory.
func newKeeper(name string, from *machine.Machine, st storage.Store, in storage.Inventory, o refresh.RefresherOptions) (*keeper, error) {
	k := &keeper{name: name, from: from}
	// Each machine is a kind of its own, because only a program that runs on it can read it.
	o.Name = "machine " + name
	o.Delay = -1 // what is seen at a look is asked for together already
	o.Logger = slog.New(slog.DiscardHandler)
	var err error
	if k.persister, err = refresh.NewPersister(declare, in, &refresh.PersisterOptions{Scope: scope}); err != nil {
		return nil, err
	}
	if k.names, err = k.persister.Inventory(); err != nil {
		return nil, err
	}
	k.refresher, err = refresh.NewRefresher(st, k, k.persister, parsers, &o)
	return k, err
}

// ask asks for a full refresh, by force for one that may delete whatever it likes.
func (k *keeper) ask(ctx context.Context, force bool) error {
	err := k.refresher.Add(ctx, k.name)
	if !errors.Is(err, storage.ErrExists) {
		return err
	}
	if force {
		return k.refresher.Force(ctx, k.name)
	}
	return k.refresher.Request(ctx, k.name, nil)
}

const (
	// lease is after how long another program goes on with what a killed one was doing.
	lease = 5 * time.Second
	// retention is for how long it is remembered what was asked for and what came of it. The inventory has what is the case.
	retention = time.Hour
)

// supervised works while this process does what is asked for.
func (k *keeper) supervised(ctx context.Context, work func(context.Context) error) error {
	o := &supervision.Options{
		Lease: lease, Retention: &storage.Retention{Messages: retention, Effects: retention, Dead: retention, Lines: retention},
	}
	return refreshing.While(ctx, o, k.refresher.Supervise, work)
}
