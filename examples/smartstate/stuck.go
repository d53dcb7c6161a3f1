package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// A leisurely scanner takes some time at least, so that there is something to see on a small target as well. That of an agent that is to get stuck does so
// with its second category, once, until the agent is killed or what it does is nobody's business any more.
type leisurely struct {
	scan.Scanner
	*orders

	begun *atomic.Int32 // categories, of all scanners of the agent
}

func (l leisurely) Scan(ctx context.Context, in scan.Input, emit scan.Emit) (err error) {
	if l.begun.Add(1) == 2 && l.Stuck {
		err = l.getStuck(ctx)
	}
	select {
	case <-time.After(l.beats(8)):
	case <-ctx.Done():
		return errors.Join(err, context.Cause(ctx))
	}
	return errors.Join(err, l.Scanner.Scan(ctx, in, emit))
}

// Scope implements [scan.Scoper].
func (l leisurely) Scope(category string, config json.RawMessage) []string {
	if s, ok := l.Scanner.(scan.Scoper); ok {
		return s.Scope(category, config)
	}
	return nil
}

// stuck is the file with the token of the agent that is stuck, in the folder where agents work.
const stuck = "stuck"

// getStuck is stuck, and says so, for whoever is to kill it in the middle of its work and not when that was done.
func (o *orders) getStuck(ctx context.Context) error {
	name := filepath.Join(o.Folder, stuck)
	if err := os.WriteFile(name, []byte(o.Token), 0o600); err != nil {
		return err
	}
	<-ctx.Done()
	return os.Remove(name)
}

// isStuck reports whether an agent is.
func (d *demonstration) isStuck(token string) bool {
	folder := d.orders.Folder
	if d.remote {
		folder = d.orders.afar()
	}
	who, err := os.ReadFile(filepath.Join(folder, stuck))
	return err == nil && string(who) == token
}
