package main

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/internal/refreshing"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A report is what a refresh came to, as -json writes it.
type report struct {
	*refreshing.Report

	Counts      map[string]int `json:"counts"`                 // of the rows that the refresh was about, as they are now, by collection
	NotRecorded []string       `json:"not_recorded,omitempty"` // what a recording was asked and does not answer
}

// once refreshes what the settings name, and shows what that came to.
func (s *settings) once(ctx context.Context, from *account.Account, db *database, stdout io.Writer, unknown func() []string) error {
	var last last
	k, err := newKeeper(s.account, from, db, refresh.RefresherOptions{Delay: -1, After: last.after})
	if err != nil {
		return err
	}
	r := &report{}
	r.Report, err = s.saved(ctx, k, &last)
	if r.Report == nil {
		return err
	}
	r.NotRecorded, r.Counts = unknown(), map[string]int{}
	for _, c := range r.Collections {
		r.Counts[c.Name] = c.Stored + c.Inserts - c.Deletes
	}
	if s.json {
		return errors.Join(refreshing.WriteJSON(stdout, r), err)
	}
	return errors.Join(r.Write(stdout), refreshing.WriteNotes(stdout, "NOT RECORDED", r.NotRecorded), err)
}

// saved refreshes, and returns what was saved; nil: nothing was. The refresher does it, but for names in an account that
// it does not know.
func (s *settings) saved(ctx context.Context, k *keeper, last *last) (*refreshing.Report, error) {
	if len(s.names) == 0 {
		return s.refreshed(ctx, k, last)
	}
	isNew, err := k.isNew(ctx)
	if err != nil {
		return nil, err
	}
	if isNew {
		r, err := k.byHand(ctx, s.names)
		if !errors.Is(err, storage.ErrLeaseLost) {
			return r, err
		}
		// Another program has got to know the account meanwhile.
	}
	return s.refreshed(ctx, k, last)
}

// refreshed has the refresher do it.
func (s *settings) refreshed(ctx context.Context, k *keeper, last *last) (*refreshing.Report, error) {
	if err := k.ask(ctx, s.names); err != nil {
		return nil, err
	}
	var m refresh.Manager
	err := refreshing.While(ctx, supervised, k.refresher.Supervise, func(ctx context.Context) (err error) {
		m, err = k.refresher.Await(ctx, k.name)
		return err
	})
	if r := last.report(); r != nil || err != nil {
		return r, err
	}
	return refreshing.Recorded(k.name, &m), nil // another program that keeps this account was faster
}

const (
	// lease is after how long another program goes on with what a killed one was doing.
	lease = 5 * time.Second
	// retention is for how long it is remembered what was asked for and what came of it.
	retention = time.Hour
)

var supervised = &supervision.Options{
	Lease: lease, Retention: &storage.Retention{Messages: retention, Effects: retention, Dead: retention, Lines: retention},
}

// last is the report of the newest refresh that this program made.
type last struct {
	mu  sync.Mutex
	got *refreshing.Report
}

func (l *last) after(_ context.Context, _ refresh.Run, saved *refresh.Plan) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = refreshing.NewReport(saved)
	return nil
}

func (l *last) report() *refreshing.Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.got
}
