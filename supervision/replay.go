package supervision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// A ReplayError says where a replay came to something else than the history tells.
type ReplayError struct {
	Key     storage.Key
	Version uint64
	// Text says what differs.
	Text string
	// Err is why a decision could not be made again; nil: it was, and differs.
	Err error
}

// Error names the record, the version and the difference.
func (e *ReplayError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("supervision: replay %s: version %d: %s: %v", e.Key, e.Version, e.Text, e.Err)
	}
	return fmt.Sprintf("supervision: replay %s: version %d: %s", e.Key, e.Version, e.Text)
}

// Unwrap returns the cause.
func (e *ReplayError) Unwrap() error { return e.Err }

// ErrNoJournal: the history does not tell what a decision was made from.
var ErrNoJournal = errors.New("the history has no inputs")

// Replay makes every decision of a record's history again, from what the journal kept of it, and
// returns a [ReplayError] for the first that comes to something else, or if in the end the record is
// not as the store has it. Nothing is written. It shows whether a changed decider would have decided
// old cases alike, and whether a decider is pure. What orders did is taken from the journal. Turns of a
// program that wrote another version of the data are compared by their moves alone; what came of them
// is compared with the next turn of this version, and in the end.
func (k *Kind[T, S, E]) Replay(ctx context.Context, id string, decide Decider[T, S, E]) error {
	seen, err := k.load(ctx, id) // first, so that what happens meanwhile is left out
	if err != nil {
		return k.explain("replay", id, err)
	}
	r := replay[T, S, E]{kind: k, decide: decide, elements: elementMap{}}
	var change []storage.Line
	for line, err := range k.store.History(ctx, seen.Key, 0) {
		if err != nil {
			return k.explain("replay", id, err)
		}
		if len(change) > 0 && line.Version != change[0].Version {
			if err := r.again(ctx, seen.Key, change); err != nil {
				return err
			}
			change = nil
		}
		if seen.Version == 0 || line.Version <= seen.Version {
			change = append(change, line)
		}
	}
	if len(change) == 0 {
		return k.explain("replay", id, storage.ErrNotFound)
	}
	if err := r.again(ctx, seen.Key, change); err != nil {
		return err
	}
	return r.compare(ctx, seen)
}

// A replay is how far a history was made again.
type replay[T any, S, E ~string] struct {
	kind     *Kind[T, S, E]
	decide   Decider[T, S, E]
	record   storage.Record
	elements elementMap
}

// again makes one change again.
func (r *replay[T, S, E]) again(ctx context.Context, key storage.Key, lines []storage.Line) error {
	first := &lines[0]
	fail := func(text string, err error) error {
		return &ReplayError{Key: key, Version: first.Version, Text: text, Err: err}
	}
	switch {
	case first.Inputs == nil && first.To == "": // deleted
		r.record, r.elements = storage.Record{}, elementMap{}
		return nil
	case first.Inputs == nil && first.Event == "" && first.From == first.To: // its status was changed
		return nil
	case first.Inputs == nil:
		return fail("it cannot be made again", ErrNoJournal)
	}
	var in inputs
	if err := json.Unmarshal(first.Inputs, &in); err != nil {
		return fail("its inputs cannot be read", err)
	}
	if in.Order != nil {
		r.take(first.Version, in.Order.Record, in.Order.Elements, in.Order.Gone)
		return nil
	}
	if in.Turn == nil || r.record.Version == 0 {
		return fail("it cannot be made again", ErrNoJournal)
	}
	c, err := r.turn(ctx, first.Version, in.Turn)
	if err != nil {
		return fail("the decider fails", err)
	}
	if text := departs(lines, &c, &in); text != "" {
		return fail(text, nil)
	}
	r.take(first.Version, c.Record, c.Elements, c.Gone)
	return nil
}

// turn decides again what a turn was given.
func (r *replay[T, S, E]) turn(ctx context.Context, version uint64, in *turnInputs) (storage.Change, error) {
	seen := storage.Snapshot{Record: r.record, Messages: in.Messages, More: in.More, Tally: r.elements.tally(), Now: in.Now}
	seen.Version = version - 1
	for _, name := range in.Elements {
		seen.Elements = append(seen.Elements, r.elements[name])
	}
	reads := make(reads, len(in.Reads))
	for i := range in.Reads {
		reads[in.Reads[i].Key] = &in.Reads[i]
	}
	t, err := r.kind.open(ctx, &seen, reads)
	if err != nil {
		return storage.Change{}, err
	}
	t.core.store = r.elements
	return r.kind.conclude(t, r.decide)
}

// take goes on to a version of the record.
func (r *replay[T, S, E]) take(version uint64, record storage.Record, elements []storage.Element, gone []string) {
	key := record.Key
	if r.record.Version == 0 {
		r.elements = elementMap{}
	}
	r.record = record
	r.record.Key, r.record.Version = key, version
	for _, e := range elements {
		r.elements[e.Name] = e
	}
	for _, name := range gone {
		delete(r.elements, name)
	}
}

// departs says how a change differs from the one that the history tells of; empty: in nothing. What
// another version of the program wrote has another form, so only its moves can be compared.
func departs(lines []storage.Line, c *storage.Change, in *inputs) string {
	var was, is []string
	for i := range lines {
		was = append(was, move(&lines[i]))
	}
	for i := range c.Lines {
		is = append(is, move(&c.Lines[i]))
	}
	if !slices.Equal(was, is) {
		return fmt.Sprintf("the history tells [%s]; decided again it is [%s]", strings.Join(was, "; "), strings.Join(is, "; "))
	}
	if in.DataVersion == c.Record.DataVersion && resultOf(c) != in.Result {
		return fmt.Sprintf("the moves [%s] are the same, but data, elements, effects or messages differ", strings.Join(was, "; "))
	}
	return ""
}

func move(l *storage.Line) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s -%s-> %s", l.Element, l.From, l.Event, l.To))
}

// compare looks whether the replay ended where the record is.
func (r *replay[T, S, E]) compare(ctx context.Context, seen *storage.Snapshot) error {
	if seen.Version == 0 && r.record.Version == 0 {
		return nil // deleted
	}
	elements, stored := r.elements.sorted(), []storage.Element{}
	for e, err := range r.kind.store.Elements(ctx, seen.Key, storage.ElementQuery{}) {
		if err != nil {
			return r.kind.explain("replay", seen.Key.ID, err)
		}
		stored = append(stored, e)
	}
	record, err := r.kind.inOwnForm(seen.Record)
	if err == nil {
		r.record, err = r.kind.inOwnForm(r.record)
	}
	if err != nil {
		return &ReplayError{Key: seen.Key, Version: seen.Version, Text: "the record cannot be compared", Err: err}
	}
	was := resultOf(&storage.Change{Record: record, Elements: stored})
	if is := resultOf(&storage.Change{Record: r.record, Elements: elements}); was != is {
		return &ReplayError{Key: seen.Key, Version: seen.Version, Text: fmt.Sprintf("the record is not what its history comes to: it is %s, and %s was to be expected", seen.State, r.record.State)}
	}
	return nil
}

// inOwnForm returns a record with its data as this program writes it.
func (k *Kind[T, S, E]) inOwnForm(r storage.Record) (storage.Record, error) {
	if r.DataVersion == k.options.DataVersion {
		return r, nil
	}
	data, err := k.decode(&r)
	if err != nil {
		return r, err
	}
	r.Data, err = k.encode(data)
	r.DataVersion = k.options.DataVersion
	return r, err
}

// An elementMap holds the elements of a record by name, and is read as a store is.
type elementMap map[string]storage.Element

// Elements implements the part of [storage.Records] that a turn reads.
func (m elementMap) Elements(_ context.Context, _ storage.Key, q storage.ElementQuery) iter.Seq2[storage.Element, error] {
	return func(yield func(storage.Element, error) bool) {
		n := 0
		for _, e := range m.sorted() {
			if !q.Matches(&e) {
				continue
			}
			if n++; q.Limit > 0 && n > q.Limit || !yield(e, nil) {
				return
			}
		}
	}
}

func (m elementMap) sorted() []storage.Element {
	out := make([]storage.Element, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[name])
	}
	return out
}

func (m elementMap) tally() []storage.Tally {
	counts := map[group]int{}
	for _, e := range m {
		counts[group{e.Group, e.State}]++
	}
	out := make([]storage.Tally, 0, len(counts))
	for g, n := range counts {
		out = append(out, storage.Tally{Group: g.number, State: g.state, N: n})
	}
	return out
}
