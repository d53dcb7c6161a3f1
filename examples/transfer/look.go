package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reeve-go/reeve/examples/transfer/connector"
	"github.com/reeve-go/reeve/examples/transfer/edc"
	"github.com/reeve-go/reeve/storage"
)

// look reads where both sides of a transfer are, and says it if that is news.
func (d *demonstration) look(ctx context.Context, t *transfer) error {
	for _, role := range []edc.Role{edc.Consumer, edc.Provider} {
		r, err := d.connector.Transfers[role].Get(ctx, t.id)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if r.Status != storage.OK {
			return fmt.Errorf("the %s of %s gets no turns: %s", role, t.id, r.Reason)
		}
		if r.State != t.seen[role].State {
			if err := d.tell(ctx, t, role); err != nil {
				return err
			}
		}
		t.seen[role] = r
	}
	return nil
}

// tell says where a side has been since it was told of, also where it was too short a time to be seen there.
func (d *demonstration) tell(ctx context.Context, t *transfer, role edc.Role) error {
	lines, was := 0, edc.State("")
	for line, err := range d.connector.Transfers[role].History(ctx, t.id) {
		if err != nil {
			return err
		}
		is := edc.State(line.To)
		if lines++; lines > t.told[role] && is != was {
			d.say("%s %s  %s (%d)", t.id, role, is, is.Code())
		}
		was = is
	}
	t.told[role] = lines
	return nil
}

// explain says what those wait for that have not ended.
func (d *demonstration) explain(ctx context.Context) {
	for _, t := range d.transfers {
		for role, r := range t.seen {
			if r.State == edc.Deprovisioned {
				continue
			}
			if e, err := d.connector.Manager.Requests.Explain(ctx, connector.RequestOf(role, t.id)); err == nil {
				d.say("%s %s is %s, and its request waits:\n%s", t.id, role, r.State, e)
			}
		}
	}
}

// say says what happens.
func (d *demonstration) say(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, _ = fmt.Fprintf(d.lines, "%6.2fs  %s\n", time.Since(d.begun).Seconds(), fmt.Sprintf(format, args...))
}

// Write shows what a process complains of.
func (d *demonstration) Write(p []byte) (int, error) {
	d.say("a process complains: %s", strings.TrimSpace(string(p)))
	return len(p), nil
}
