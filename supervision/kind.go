package supervision

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
)

// A Kind is a sort of record: its machine, its data type and its store. It is safe for concurrent
// use. T is the host's data; it is stored through the kind's codec.
type Kind[T any, S, E ~string] struct {
	name     string
	machine  *fsm.Machine[S, E]
	store    storage.Store
	options  KindOptions[T, S, E]
	upgrades *upgrades[T]
	broken   error // why no method can work
}

// KindOptions are the options of a kind. Nil is the same as the zero value.
type KindOptions[T any, S, E ~string] struct {
	// Runner adds behaviour to the machine; it must have been made from the same one.
	Runner *fsm.Runner[T, S, E]
	// Timeout overrides how long a record may stay in a state, from its data. Zero or less: the
	// definition's limit.
	Timeout func(s S, data *T) time.Duration
	// Derive makes the kind one whose state is not fired but follows from its data and its elements, in
	// the same commit. The machine checks that each move is one of its rows; the line of history names
	// the first event, in alphabetical order, that makes it. Events of limits are not fired either:
	// the decider is told that time is up, once.
	Derive func(data *T, elements Tally) S
	// Elements are the parts of a record that have a machine of their own: those of [NewElements] that
	// its turns are asked about. Nil: it has none.
	Elements AnyElements
	// Reads names records of the same store that a turn may look at, with [Kind.Read] of their kind.
	Reads func(s S, data *T) []storage.Key
	// Schedule gives the record turns at certain times, whatever else happens. Nil, also as what it
	// returns: none.
	Schedule func(id string, s S, data *T) Schedule
	// Group returns the group of a record, for lists and caps. Nil: none.
	Group func(data *T) string
	// Codec turns data into bytes and back. Nil: [JSON].
	Codec Codec
	// DataVersion is the version of the data's form that this program writes. Records of an older one
	// are read with the functions given to [Kind.Upgrade], those of a newer one are refused.
	DataVersion int
	// Journal keeps with each line of history what the decision was made from, so that [Kind.Replay]
	// can make it again. Every turn then leaves a line, also one that moves nothing.
	Journal bool
	// Explain adds the host's own words to an explanation of a record.
	Explain func(ctx context.Context, r Record[T, S]) ([]string, error)
	// Project writes what the host keeps elsewhere in the same database, inside the transaction of
	// each change; its error undoes the change. The handle's type is the store's. Before is nil when
	// the record is created, after when it is deleted. Refused for a store that has no transactions to
	// share.
	Project func(ctx context.Context, tx any, before, after *T) error
}

// NewKind returns the kind of that name. Name, machine and store are required.
func NewKind[T any, S, E ~string](name string, m *fsm.Machine[S, E], st storage.Store, o *KindOptions[T, S, E]) (*Kind[T, S, E], error) {
	k := &Kind[T, S, E]{name: name, machine: m, store: st, upgrades: &upgrades[T]{}}
	if o != nil {
		k.options = *o
	}
	if k.options.Codec == nil {
		k.options.Codec = JSON{}
	}
	if err := errors.Join(k.check()...); err != nil {
		return nil, err
	}
	return k, nil
}

func (k *Kind[T, S, E]) check() []error {
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("supervision: kind %q: "+format, append([]any{k.name}, args...)...))
	}
	switch k.name {
	case "":
		refuse("it has no name; the store needs one")
	case storage.EffectKind:
		refuse("the name is kept for effects; choose another")
	}
	if strings.HasPrefix(k.name, ownPrefix) {
		refuse("names that begin with %q are the supervisor's own; choose another", ownPrefix)
	}
	if k.machine == nil {
		refuse("it has no machine; compile a definition")
	}
	if k.store == nil {
		refuse("it has no store; memory.New(nil) is the simplest")
	}
	if r := k.options.Runner; r != nil && r.Machine() != k.machine {
		refuse("its runner was made from another machine; make it from the kind's")
	}
	if e := k.options.Elements; e != nil && e.check() != nil {
		refuse("%v", e.check())
	}
	if k.options.DataVersion < 0 {
		refuse("its data version is %d; it must not be negative", k.options.DataVersion)
	}
	if _, ok := k.store.(storage.Transactor); k.options.Project != nil && k.store != nil && !ok {
		refuse("it has a Project, but %T has no transactions to share; leave Project out or use another store", k.store)
	}
	if k.options.Derive != nil && k.options.Runner != nil {
		refuse("it has a Runner and a Derive; its state is either fired or derived")
	}
	return errs
}

// With returns the kind as it is inside a transaction of the host, in which its methods read and
// write: nothing is there before the commit, and nothing after a rollback. The type of tx is the
// store's. If the store cannot take part in it, every method says so.
func (k *Kind[T, S, E]) With(tx any) *Kind[T, S, E] {
	inside := *k
	transactor, ok := k.store.(storage.Transactor)
	if !ok {
		inside.broken = fmt.Errorf("supervision: kind %q: %T cannot take part in a transaction: %w", k.name, k.store, errors.ErrUnsupported)
		return &inside
	}
	inside.store, inside.broken = transactor.With(tx)
	return &inside
}

// Name returns the kind's name.
func (k *Kind[T, S, E]) Name() string { return k.name }

// Machine returns the machine that says how its records move.
func (k *Kind[T, S, E]) Machine() *fsm.Machine[S, E] { return k.machine }

// Key returns the key of the record of that id, to which others can send.
func (k *Kind[T, S, E]) Key(id string) storage.Key { return storage.Key{Kind: k.name, ID: id} }

// ownPrefix begins the names of kinds that supervisors keep for themselves.
const ownPrefix = "supervision."

// limit returns when the time of a record that enters s now is up; zero: never.
func (k *Kind[T, S, E]) limit(s S, data *T, now time.Time) time.Time {
	if k.options.Timeout != nil {
		if d := k.options.Timeout(s, data); d > 0 {
			return now.Add(d)
		}
	}
	if d, _, ok := k.machine.Timeout(s); ok {
		return now.Add(d)
	}
	return time.Time{}
}
