package supervision

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Pruning says how a store gets rid of what it is not to keep any more, see [ExplainPruning]. It is a
// copy, true at Now. Its String is for people.
//
// The supervisors on a store prune it one at a time, in runs: turns of a bounded number of rows, until
// nothing is left to remove. The next run comes a minute after one that removed something, and at most
// an hour after one that did not. Each supervisor brings its own [Options].Retention, and a turn goes
// by that of the one who has it. What one removed that died before it had said so is not counted.
type Pruning struct {
	// Began is when the last run did, At when its last turn was; zero: there was none.
	Began, At time.Time
	// Removed is how many rows the last run removed, Took how long the store worked at that, and Total
	// how many all runs removed.
	Removed, Total int
	Took           time.Duration
	// Behind: the last turn failed, or left something for the next one, so that the run goes on.
	Behind bool
	// By is whose turn was the last one, Retention what it went by.
	By        string
	Retention storage.Retention

	// Failures counts the turns in a row that failed, Reason says why the last one did.
	Failures int    `json:"-"`
	Reason   string `json:"-"`
	// Due is when the next turn is. If it is long past, no supervisor runs.
	Due time.Time `json:"-"`
	// Holder has the lease, until HeldUntil; empty: nobody.
	Holder    string    `json:"-"`
	HeldUntil time.Time `json:"-"`
	// Now is the store's time.
	Now time.Time `json:"-"`
}

// ExplainPruning says how a store is pruned. If no supervisor has run on it yet, everything but Now is
// zero.
func ExplainPruning(ctx context.Context, store storage.Store) (Pruning, error) {
	seen, err := store.Load(ctx, []storage.Key{retention})
	if err != nil {
		return Pruning{}, fmt.Errorf("supervision: explain pruning: %w", err)
	}
	s := &seen[0]
	p := pruningOf(&s.Record)
	p.Failures, p.Reason, p.Due = s.Failures, s.Reason, s.Due
	p.Holder, p.HeldUntil, p.Now = s.Holder, s.HeldUntil, s.Now
	return p, nil
}

// pruningOf returns the figures in the record of retention. What cannot be read begins anew: that is
// no reason to keep anything longer.
func pruningOf(r *storage.Record) (p Pruning) {
	if json.Unmarshal(r.Data, &p) != nil {
		return Pruning{}
	}
	return p
}

// String says it in a few lines.
func (p Pruning) String() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if p.At.IsZero() {
		say("nothing was pruned yet")
	} else {
		r := p.Retention
		say("messages are kept for %s, effects for %s, what is dead for %s, lines for %s",
			kept(r.Messages), kept(r.Effects), kept(r.Dead), kept(r.Lines))
		say("  the last run began %v ago and removed %d rows in %v; all runs removed %d",
			ago(p.Now, p.Began), p.Removed, p.Took.Round(time.Millisecond), p.Total)
		say("  its last turn was by %s, %v ago", p.By, ago(p.Now, p.At))
	}
	if p.Failures > 0 {
		say("  its last %d turns failed%s", p.Failures, note(p.Reason))
	} else if p.Behind {
		say("  it is behind: there is more to remove")
	}
	switch {
	case p.Holder != "":
		say("  held by %s for %v", p.Holder, p.HeldUntil.Sub(p.Now).Round(time.Millisecond))
	case !p.Due.IsZero():
		say("  its next turn is %s", in(p.Now, p.Due))
	}
	return b.String()
}

func kept(d time.Duration) string {
	if d <= 0 {
		return "ever"
	}
	return d.String()
}
