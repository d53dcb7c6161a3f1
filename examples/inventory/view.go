package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sync"
	"time"

	"github.com/reeve-go/reeve/examples/internal/refreshing"
	"github.com/reeve-go/reeve/refresh"
)

// A view shows what refreshes come to, as the refresher's hooks tell it: two of them can go on at once.
type view struct {
	db     *sql.DB
	stdout io.Writer

	mu      sync.Mutex
	live    bool               // each change is shown when it is saved
	whole   *refreshing.Report // of the newest full refresh that this program made
	called  map[int64]string   // what processes are called, by their ids
	refused bool               // the newest refresh would have removed too much
	broken  error              // nobody can be shown anything any more

	created, updated, deleted int
}

// before notes what processes are called, because of those that are deleted only the key is known.
func (v *view) before(ctx context.Context, r refresh.Run) error {
	found, err := v.db.QueryContext(ctx, `SELECT id, name FROM processes WHERE machine = ?`, r.Manager)
	if err != nil {
		return err
	}
	defer found.Close()
	called := map[int64]string{}
	for found.Next() {
		var id int64
		var name string
		if err := found.Scan(&id, &name); err != nil {
			return err
		}
		called[id] = name
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.called = called
	return found.Err()
}

// after shows what a refresh has changed, or keeps it for the report. That it cannot be shown is no failure of the refresh.
func (v *view) after(_ context.Context, _ refresh.Run, saved *refresh.Plan) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !saved.Targeted {
		v.whole = refreshing.NewReport(saved)
	}
	if !v.live || v.broken != nil {
		return nil
	}
	for _, c := range saved.Collections {
		v.created += c.Inserts
		v.updated += c.Updates
		v.deleted += c.Deletes
	}
	v.broken = refreshing.WriteChanges(v.stdout, saved, v.line)
	return nil
}

// lost notes that a refresh was refused for what it would have removed.
func (v *view) lost(_ context.Context, _ refresh.Run, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, v.refused = errors.AsType[*refresh.GuardError](err)
}

// advise adds to the error of a refresh what can be done about it.
func (v *view) advise(err error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err != nil && v.refused {
		return fmt.Errorf("%w: -plan shows it, -allow lets it", err)
	}
	return err
}

// line returns a change for a reader.
func line(c *refresh.Change) string { return refreshing.Line(c, "machine") }

// line returns a change for those who look on.
func (v *view) line(c *refresh.Change) string {
	text := clock(time.Now()) + "  " + surplus.ReplaceAllString(line(c), "")
	if name, known := v.called[c.ID.Int()]; known && c.Collection == "processes" && c.Kind != refresh.Insert {
		text += fmt.Sprintf("  was called %q", name)
	}
	return text
}

// surplus is what does not help those who look on: the run of the system, and ids.
var surplus = regexp.MustCompile(` boot="[^"]*"|  \w+_id .*`)

// report returns that of the newest full refresh that this program made; nil: it made none.
func (v *view) report() *refreshing.Report {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.whole
}

// goLive has all further changes shown.
func (v *view) goLive() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.live = true
}

// failed returns why nothing can be shown any more.
func (v *view) failed() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.broken
}

// total shows how much was changed while it was live.
func (v *view) total(since time.Time) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, err := fmt.Fprintf(v.stdout, "\nin %v: %d created, %d updated, %d deleted\n",
		time.Since(since).Round(time.Second), v.created, v.updated, v.deleted)
	return err
}

func clock(t time.Time) string { return t.Local().Format(time.TimeOnly) }
