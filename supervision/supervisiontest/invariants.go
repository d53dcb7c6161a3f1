package supervisiontest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// check looks whether the store holds what it must, and when something is next due in it.
func (l *ledger) check(ctx context.Context) error {
	l.due = time.Time{}
	open, err := l.checkMessages(ctx)
	if err == nil {
		err = l.checkEffects(ctx)
	}
	if err == nil {
		err = l.checkRecords(ctx, open)
	}
	return err
}

func (l *ledger) isDue(at time.Time) {
	if !at.IsZero() && (l.due.IsZero() || at.Before(l.due)) {
		l.due = at
	}
}

// checkMessages looks whether each message that was accepted is there. It counts the open ones.
func (l *ledger) checkMessages(ctx context.Context) (open map[storage.Key]int, err error) {
	there, open := map[storage.Key]int{}, map[storage.Key]int{}
	for m, err := range l.store.Messages(ctx, storage.MessageQuery{}) {
		if err != nil {
			return nil, err
		}
		if !l.messages[m.To][m.ID] {
			return nil, fmt.Errorf("%s holds message %s, which nobody sent", m.To, m.Name)
		}
		there[m.To]++
		if m.Status == storage.MessageOpen {
			open[m.To]++
		}
	}
	for to, accepted := range l.messages {
		if there[to] < len(accepted) && !l.pruned {
			return nil, fmt.Errorf("%s accepted %d messages, and the store holds %d", to, len(accepted), there[to])
		}
	}
	return open, nil
}

// checkEffects looks whether each effect that has ended has had its outcome delivered.
func (l *ledger) checkEffects(ctx context.Context) error {
	for e, err := range l.store.Effects(ctx, storage.EffectQuery{}) {
		if err != nil {
			return err
		}
		entry := l.effects[e.ID]
		if entry == nil {
			return fmt.Errorf("the store holds effect %s of %s, which was never emitted", e.Name, e.From)
		}
		told := entry.outcomes > entry.redriven
		switch e.Status {
		case storage.EffectPending, storage.EffectRunning:
			if entry.done {
				return fmt.Errorf("effect %s of %s is %v after it had ended", e.Name, e.From, e.Status)
			}
			if !slices.Contains(l.elsewhere, e.Name) {
				l.isDue(e.Due)
			}
		case storage.EffectDone, storage.EffectDead:
			if quiet := e.Quiet && e.Status == storage.EffectDone; !told && !quiet {
				return fmt.Errorf("effect %s of %s is %v, and its outcome was not delivered", e.Name, e.From, e.Status)
			}
		case storage.EffectCanceled:
		}
	}
	return nil
}

func (l *ledger) checkRecords(ctx context.Context, open map[storage.Key]int) error {
	kinds := l.byKind()
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		keys := kinds[kind]
		for r, err := range l.store.List(ctx, storage.Query{Kind: kind}) {
			if err == nil {
				err = l.checkRecord(ctx, &r, open[r.Key])
			}
			if err != nil {
				return err
			}
			delete(keys, r.Key)
		}
		for k := range keys {
			return fmt.Errorf("%s was created and not deleted, and is not there", k)
		}
	}
	return nil
}

func (l *ledger) checkRecord(ctx context.Context, r *storage.Record, open int) error {
	l.isDue(r.Due)
	if want := l.versions[r.Key]; r.Version != want {
		return fmt.Errorf("%s is at version %d, and its changes make %d", r.Key, r.Version, want)
	}
	if open > 0 && r.Status == storage.OK && !r.Final {
		if r.Due.IsZero() {
			return fmt.Errorf("%s has an open message, and is never due: a wake-up is lost", r.Key)
		}
		if at := l.hiddenUntil(r); r.Due.After(at) && r.Due.After(time.Now()) {
			return fmt.Errorf("%s has an open message, and is due in %v: a wake-up is late", r.Key, time.Until(r.Due))
		}
	}
	return l.checkHistory(ctx, r)
}

// hiddenUntil returns until when the record may have no turn although it has been spoken to.
func (l *ledger) hiddenUntil(r *storage.Record) time.Time {
	at := r.NotBefore
	if g := l.leases[r.Key]; g != nil && g.live && g.until.After(at) {
		at = g.until
	}
	return at
}

// checkHistory looks whether each new line goes on where the last one ended, by a row of the machine,
// and leads to where the record is.
func (l *ledger) checkHistory(ctx context.Context, r *storage.Record) error {
	m := l.moves[r.Key]
	if m == nil || m.version == r.Version {
		return nil
	}
	for line, err := range l.store.History(ctx, r.Key, m.version) {
		if err != nil {
			return err
		}
		if line.Element != "" {
			continue
		}
		if line.From != m.state {
			return fmt.Errorf("the history of %s goes on from %q, and the record was in %q", r.Key, line.From, m.state)
		}
		if row := l.rows[r.Key.Kind]; row != nil && m.state != "" && !row(&line) {
			return fmt.Errorf("%s moved from %q by %q to %q, and its machine has no such row", r.Key, line.From, line.Event, line.To)
		}
		m.state = line.To
	}
	m.version = r.Version
	if m.state != r.State {
		return fmt.Errorf("%s is in %q, and its history ends in %q", r.Key, r.State, m.state)
	}
	return nil
}
