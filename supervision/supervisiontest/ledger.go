package supervisiontest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A ledger is what must be so, going by what the store was asked and what it answered.
type ledger struct {
	store     storage.Store
	elsewhere []string  // the effects that no process performs
	due       time.Time // when the first record or effect can be claimed; zero: none
	pruned    bool

	versions map[storage.Key]uint64
	leases   map[storage.Key]*grant
	messages map[storage.Key]map[string]bool // the ids that were accepted
	effects  map[string]*effectEntry
	keys     map[string]string // what each idempotency key stands for
	moves    map[storage.Key]*moves
	rows     map[string]func(l *storage.Line) bool // whether a line is a row of the kind's machine
}

// A grant is the newest lease on something.
type grant struct {
	token storage.Token
	until time.Time
	live  bool
}

// An effectEntry is one emission.
type effectEntry struct {
	from     storage.Key
	name     string
	done     bool
	outcomes int
	redriven int
}

// Moves are how far a record's history was looked at.
type moves struct {
	version uint64
	state   string
}

func newLedger(store storage.Store, elsewhere []string) *ledger {
	return &ledger{
		store: store, elsewhere: elsewhere, versions: map[storage.Key]uint64{}, leases: map[storage.Key]*grant{}, messages: map[storage.Key]map[string]bool{},
		effects: map[string]*effectEntry{}, keys: map[string]string{}, moves: map[storage.Key]*moves{}, rows: map[string]func(*storage.Line) bool{},
	}
}

// applied: a change was made.
func (l *ledger) applied(ctx context.Context, c *storage.Change) error {
	if g := l.leases[c.Key]; c.Token != 0 {
		if g == nil || c.Token < g.token {
			return fmt.Errorf("%s was written with token %d, which is not the newest that was given out", c.Key, c.Token)
		}
		g.live = false
	}
	if c.Version != l.versions[c.Key] {
		return fmt.Errorf("%s was changed from version %d, and %d was there", c.Key, c.Version, l.versions[c.Key])
	}
	for i := range c.Send {
		l.accept(c.Send[i].To, c.Send[i].ID)
	}
	if c.Delete {
		delete(l.versions, c.Key)
		delete(l.leases, c.Key)
		delete(l.messages, c.Key)
		delete(l.moves, c.Key)
		return nil
	}
	if err := l.emitted(ctx, c); err != nil {
		return err
	}
	for i := range c.Spawn {
		if k := c.Spawn[i].Record.Key; l.versions[k] == 0 {
			if err := l.created(ctx, k); err != nil {
				return err
			}
		}
	}
	if c.Version == 0 {
		return l.created(ctx, c.Key)
	}
	l.versions[c.Key]++
	return nil
}

// created: a record came to be. Its version goes on where its history ends.
func (l *ledger) created(ctx context.Context, k storage.Key) error {
	seen, err := l.store.Load(ctx, []storage.Key{k})
	if err != nil {
		return err
	}
	if seen[0].Version == 0 {
		return fmt.Errorf("%s was created, and is not there", k)
	}
	l.versions[k] = seen[0].Version
	l.moves[k] = &moves{version: seen[0].Version - 1}
	return nil
}

// emitted: effects were, or are being done already.
func (l *ledger) emitted(ctx context.Context, c *storage.Change) error {
	if len(c.Emit) == 0 {
		return nil
	}
	there := map[string]bool{}
	for e, err := range l.store.Effects(ctx, storage.EffectQuery{From: c.Key}) {
		if err != nil {
			return err
		}
		there[e.ID] = true
		if e.Status == storage.EffectPending || e.Status == storage.EffectRunning {
			there[e.Key] = true
		}
	}
	for i := range c.Emit {
		e := &c.Emit[i]
		if !there[e.ID] && !there[e.Key] {
			return fmt.Errorf("%s emitted effect %s, and the store does not hold it", c.Key, e.Name)
		}
		if l.effects[e.ID] == nil {
			l.effects[e.ID] = &effectEntry{from: c.Key, name: e.Name}
		}
		of := fmt.Sprintf("%s of %s for element %q with %s", e.Name, c.Key, e.Element, e.Body)
		if was, known := l.keys[e.Key]; known && was != of {
			return fmt.Errorf("idempotency key %q stands for %s, and for %s", e.Key, was, of)
		}
		l.keys[e.Key] = of
	}
	return nil
}

// leased: a lease was given out.
func (l *ledger) leased(lease storage.Lease) error {
	g := l.leases[lease.Key]
	if g == nil {
		g = &grant{}
		l.leases[lease.Key] = g
	}
	now := time.Now()
	switch {
	case g.live && g.until.After(now):
		return fmt.Errorf("%s was claimed while another has it for %v", lease.Key, g.until.Sub(now))
	case lease.Token <= g.token:
		return fmt.Errorf("%s was claimed with token %d after one with %d", lease.Key, lease.Token, g.token)
	}
	*g = grant{lease.Token, lastsUntil(lease), true}
	return nil
}

// lastsUntil returns when a lease ends that is given out now, as precisely as a store says it.
func lastsUntil(lease storage.Lease) time.Time { return storage.Time(time.Now().Add(lease.TTL)) }

// taken: so was a lease on an effect.
func (l *ledger) taken(e *storage.Taken) error {
	entry := l.effects[e.ID]
	if entry == nil {
		return fmt.Errorf("effect %s of %s was taken, and was never emitted", e.Name, e.From)
	}
	if entry.done {
		return fmt.Errorf("effect %s of %s was taken after it had ended", e.Name, e.From)
	}
	return l.leased(e.Lease)
}

func (l *ledger) extended(lease storage.Lease) error {
	g := l.leases[lease.Key]
	if g == nil || g.token != lease.Token {
		return fmt.Errorf("the lease on %s was extended, and is not the newest", lease.Key)
	}
	g.until = lastsUntil(lease)
	return nil
}

func (l *ledger) released(lease storage.Lease) {
	if g := l.leases[lease.Key]; g != nil && g.token == lease.Token && g.live {
		*g = grant{token: lease.Token + 1}
	}
}

// delivered: a message was accepted, or the store said why not.
func (l *ledger) delivered(m *storage.Message, answer error) error {
	switch {
	case answer == nil:
		l.accept(m.To, m.ID)
	case errors.Is(answer, storage.ErrDuplicate) && !l.messages[m.To][m.ID]:
		return fmt.Errorf("message %s to %s is said to have been accepted before, and was not", m.Name, m.To)
	}
	return nil
}

func (l *ledger) accept(to storage.Key, id string) {
	if l.messages[to] == nil {
		l.messages[to] = map[string]bool{}
	}
	l.messages[to][id] = true
}

// settled: an attempt at an effect was ended.
func (l *ledger) settled(s *storage.Settlement) error {
	e, g := l.effects[s.Lease.Key.ID], l.leases[s.Lease.Key]
	switch {
	case e == nil || g == nil:
		return fmt.Errorf("%s was settled, and was never taken", s.Lease.Key)
	case g.token != s.Lease.Token || !g.live:
		return fmt.Errorf("effect %s of %s was settled with token %d, which is not the newest that was given out", e.name, e.from, s.Lease.Token)
	}
	g.live = false
	e.done = s.As != storage.EffectPending
	if s.Outcome != nil {
		e.outcomes++
		l.accept(e.from, s.Outcome.ID)
	}
	if e.outcomes > 1+e.redriven {
		return fmt.Errorf("the outcome of effect %s of %s was delivered %d times", e.name, e.from, e.outcomes)
	}
	return nil
}

func (l *ledger) redriven(id string) {
	if e := l.effects[id]; e != nil {
		e.done = false
		e.redriven++
	}
}

func (l *ledger) nameOf(effect storage.Key) string {
	if e := l.effects[effect.ID]; e != nil {
		return fmt.Sprintf("%s of %s", e.name, e.from)
	}
	return "an effect"
}

// byKind returns the keys of the host's records that must be there.
func (l *ledger) byKind() map[string]map[storage.Key]bool {
	kinds := map[string]map[storage.Key]bool{}
	for k := range l.versions {
		if strings.HasPrefix(k.Kind, "supervision.") {
			continue
		}
		if kinds[k.Kind] == nil {
			kinds[k.Kind] = map[storage.Key]bool{}
		}
		kinds[k.Kind][k] = true
	}
	return kinds
}
