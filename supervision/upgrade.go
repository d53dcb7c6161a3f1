package supervision

import (
	"errors"
	"fmt"
	"sync"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
)

// ErrParked: a record is in a state that this program does not know, was told an event that it does not
// know, or has data of a version that it cannot read. Another program may, beside this one or after it,
// so the turn is put off, longer each time and with the reason, and the record is never quarantined for
// it.
var ErrParked = errors.New("parked")

var (
	errNewer     = errors.New("a newer program wrote it")
	errNoUpgrade = errors.New("there is no upgrade")
)

// Upgrade says how data of an older version is read: each older one that is to be read needs a function
// of its own, which returns what this program works with. A record is upgraded whenever it is read, and
// written in the new form with its next turn or order; until then the store has the old one. Data of a
// version without a function is refused. Call it before the kind is used.
func (k *Kind[T, S, E]) Upgrade(from int, read func(old []byte) (T, error)) error {
	switch {
	case read == nil:
		return fmt.Errorf("supervision: kind %q: the upgrade from data version %d has no function", k.name, from)
	case from < 0 || from >= k.options.DataVersion:
		return fmt.Errorf("supervision: kind %q: there is no upgrade from data version %d; older ones than DataVersion, %d, can be upgraded", k.name, from, k.options.DataVersion)
	}
	return k.upgrades.add(k.name, from, read)
}

type upgrades[T any] struct {
	mu   sync.RWMutex
	from map[int]func([]byte) (T, error)
}

func (u *upgrades[T]) add(kind string, from int, read func([]byte) (T, error)) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.from[from] != nil {
		return fmt.Errorf("supervision: kind %q: there are two upgrades from data version %d; give one", kind, from)
	}
	if u.from == nil {
		u.from = map[int]func([]byte) (T, error){}
	}
	u.from[from] = read
	return nil
}

func (u *upgrades[T]) find(from int) func([]byte) (T, error) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return u.from[from]
}

// upgrade reads data of another version than this program writes.
func (k *Kind[T, S, E]) upgrade(r *storage.Record) (*T, error) {
	read := k.upgrades.find(r.DataVersion)
	switch {
	case r.DataVersion > k.options.DataVersion:
		return nil, fmt.Errorf("%w of version %d: %w; this one knows version %d", ErrData, r.DataVersion, errNewer, k.options.DataVersion)
	case read == nil:
		return nil, fmt.Errorf("%w of version %d: %w to version %d; give one with Kind.Upgrade", ErrData, r.DataVersion, errNoUpgrade, k.options.DataVersion)
	}
	upgraded, err := read(r.Data)
	if err != nil {
		return nil, fmt.Errorf("%w of version %d: the upgrade failed: %w", ErrData, r.DataVersion, err)
	}
	return &upgraded, nil
}

// parked puts a turn off that failed because this program does not know something that another may.
// Failures counts it, so that the wait grows.
func (w *worker) parked(d decision) decision {
	if d.change.Key == (storage.Key{}) || !isUnknown(d.err) {
		return d
	}
	d.err = fmt.Errorf("%w: %w", ErrParked, d.err)
	r := d.Record
	r.Failures++
	r.Reason = clip(d.err.Error())
	r.Due, r.NotBefore = d.Now, d.Now.Add(w.options.Backoff(r.Failures))
	d.change = storage.Change{Key: d.Key, Version: d.Version, Token: d.Lease.Token, Record: r}
	return d
}

// isUnknown reports whether a turn failed for what the record is or was told. A state that the decider
// itself named is another matter: that is a mistake in this program.
func isUnknown(err error) bool {
	_, named := errors.AsType[*fsm.TransitionError](err)
	return errors.Is(err, fsm.ErrUnknownEvent) || errors.Is(err, fsm.ErrUnknownState) && !named ||
		errors.Is(err, errNewer) || errors.Is(err, errNoUpgrade)
}
