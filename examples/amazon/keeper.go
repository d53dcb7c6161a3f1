package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/internal/refreshing"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

// A keeper keeps the inventory of an account: a refresher, and the collector that it works with.
type keeper struct {
	name      string
	from      *account.Account
	persister *refresh.Persister[*Inventory]
	names     *Inventory // for naming targets
	refresher *refresh.Refresher[*account.Reading, *Inventory]
}

func newKeeper(name string, from *account.Account, db *database, o refresh.RefresherOptions) (*keeper, error) {
	k := &keeper{name: name, from: from}
	var err error
	if k.persister, err = refresh.NewPersister(declare, db.inventory, &refresh.PersisterOptions{Scope: scope}); err != nil {
		return nil, err
	}
	if k.names, err = k.persister.Inventory(); err != nil {
		return nil, err
	}
	o.Name = "account"
	o.Logger = slog.New(slog.DiscardHandler)
	k.refresher, err = refresh.NewRefresher(db.records, k, k.persister, parsers, &o)
	return k, err
}

// Full returns a reading of everything.
func (k *keeper) Full(context.Context, string) (*account.Reading, error) { return k.from.Full(), nil }

// Targeted returns a reading of what targets name, with what the links of that need.
func (k *keeper) Targeted(ctx context.Context, _ string, t *refresh.Targets) (*account.Reading, error) {
	names, err := k.names.namesOf(t)
	if err != nil {
		return nil, err
	}
	return k.from.Targeted(ctx, names), nil
}

// ask asks for a refresh of everything, or of what is named. An account that is new is refreshed fully in any case.
func (k *keeper) ask(ctx context.Context, names account.Names) error {
	if err := k.refresher.Add(ctx, k.name); !errors.Is(err, storage.ErrExists) {
		return err
	}
	if len(names) == 0 {
		return k.refresher.Request(ctx, k.name, nil)
	}
	t, err := k.names.targetsOf(names)
	if err != nil {
		return err
	}
	return k.refresher.Request(ctx, k.name, t)
}

// isNew reports whether nobody has ever asked for a refresh of the account.
func (k *keeper) isNew(ctx context.Context) (bool, error) {
	_, err := k.refresher.Managers.Get(ctx, k.name)
	if errors.Is(err, storage.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// byHand refreshes what is named without the refresher, which begins with everything of an account that it does not know.
// If another program adds the account meanwhile, what that saves counts, and this is storage.ErrLeaseLost.
func (k *keeper) byHand(ctx context.Context, names account.Names) (report *refreshing.Report, err error) {
	t, err := k.names.targetsOf(names)
	if err != nil {
		return nil, err
	}
	r, err := k.persister.Open(ctx, k.name, t)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	unread := refresh.Fill(ctx, r, k.from.Targeted(ctx, names), parsers...)
	plan, err := r.Save(ctx, 0)
	if err != nil {
		return nil, errors.Join(err, unread)
	}
	return refreshing.NewReport(plan), errors.Join(unread, plan.Close())
}
