package storagetest

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A model is the contract in its plainest form: a few maps and slices, looked through from end to
// end. It is slow, and so short that one can see that it is right; backends are compared with it.
type model struct {
	mu     sync.Mutex
	now    func() time.Time
	limits storage.Limits
	state  *state
}

// A state is everything that is stored. Its fields are exported so that it can be written to a file.
type state struct {
	Seq      uint64
	Records  map[storage.Key]*recordRow
	Messages []*messageRow
	Effects  []*effectRow
	Lines    map[storage.Key][]storage.Line
}

type recordRow struct {
	storage.Record
	Token      storage.Token
	Holder     string
	LeaseUntil time.Time
	Elements   map[string]storage.Element
}

type messageRow struct {
	storage.Message
	Ended time.Time
}

type effectRow struct {
	storage.Effect
	Token      storage.Token
	LeaseUntil time.Time
	// Behind: another of its lane goes first.
	Behind bool
	Ended  time.Time
}

func newModel(now func() time.Time, limits storage.Limits) *model {
	return &model{now: now, limits: limits, state: newState()}
}

func newState() *state {
	return &state{Records: map[storage.Key]*recordRow{}, Lines: map[storage.Key][]storage.Line{}}
}

// clone returns a copy that can be changed without the original noticing.
func (s *state) clone() *state {
	out := &state{Seq: s.Seq, Records: map[storage.Key]*recordRow{}, Lines: maps.Clone(s.Lines)}
	for k, r := range s.Records {
		row := *r
		row.Elements = maps.Clone(r.Elements)
		out.Records[k] = &row
	}
	for _, m := range s.Messages {
		out.Messages = append(out.Messages, new(*m))
	}
	for _, e := range s.Effects {
		out.Effects = append(out.Effects, new(*e))
	}
	return out
}

// lock begins a call: all of it happens at the time that is returned.
func (m *model) lock(ctx context.Context) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	m.mu.Lock()
	return storage.Time(m.now()), nil
}

func (m *model) Load(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
	now, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	out := make([]storage.Snapshot, len(keys))
	for i, k := range keys {
		out[i] = storage.Snapshot{Record: storage.Record{Key: k}, Now: now}
		if r := m.state.Records[k]; r != nil {
			out[i].Record, out[i].Tally = copyRecord(r.Record), r.tally()
			if r.LeaseUntil.After(now) {
				out[i].Holder, out[i].HeldUntil = r.Holder, r.LeaseUntil
			}
		}
	}
	return out, nil
}

func (r *recordRow) tally() []storage.Tally {
	var out []storage.Tally
	for _, e := range r.Elements {
		at := slices.IndexFunc(out, func(t storage.Tally) bool { return t.Group == e.Group && t.State == e.State })
		if at < 0 {
			at, out = len(out), append(out, storage.Tally{Group: e.Group, State: e.State})
		}
		out[at].N++
	}
	slices.SortFunc(out, func(a, b storage.Tally) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.State, b.State))
	})
	return out
}

func (m *model) Elements(ctx context.Context, key storage.Key, q storage.ElementQuery) iter.Seq2[storage.Element, error] {
	return read(ctx, m, q.Limit, func(s *state) (out []storage.Element) {
		r := s.Records[key]
		if r == nil {
			return nil
		}
		for _, name := range slices.Sorted(maps.Keys(r.Elements)) {
			e := r.Elements[name]
			if name > q.After && among(q.Names, name) && among(q.Groups, e.Group) && among(q.States, e.State) {
				out = append(out, copyElement(e))
			}
		}
		return out
	})
}

func (m *model) List(ctx context.Context, q storage.Query) iter.Seq2[storage.Record, error] {
	return read(ctx, m, q.Limit, func(s *state) (out []storage.Record) {
		for k, r := range s.Records {
			if k.Kind == q.Kind && k.ID > q.After && among(q.States, r.State) && among(q.Statuses, r.Status) &&
				(q.Group == "" || q.Group == r.Group) {
				out = append(out, copyRecord(r.Record))
			}
		}
		slices.SortFunc(out, func(a, b storage.Record) int { return cmp.Compare(a.Key.ID, b.Key.ID) })
		return out
	})
}

func (m *model) Count(ctx context.Context, kind string) (map[string]int, error) {
	if _, err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	out := map[string]int{}
	for k, r := range m.state.Records {
		if k.Kind == kind {
			out[r.State]++
		}
	}
	return out, nil
}

func (m *model) History(ctx context.Context, key storage.Key, after uint64) iter.Seq2[storage.Line, error] {
	return read(ctx, m, 0, func(s *state) (out []storage.Line) {
		for _, l := range s.Lines[key] {
			if l.Version > after {
				l.Inputs = own(l.Inputs)
				out = append(out, l)
			}
		}
		return out
	})
}

func (m *model) Prune(ctx context.Context, keep storage.Retention, limit int) (int, error) {
	now, err := m.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	s, n := m.state, 0
	old := func(ended time.Time, kept time.Duration) bool {
		if ended.IsZero() || kept == 0 || !ended.Before(now.Add(-kept)) || n == limit {
			return false
		}
		n++
		return true
	}
	s.Messages = slices.DeleteFunc(s.Messages, func(m *messageRow) bool {
		if m.Status == storage.MessageDead {
			return old(m.Ended, keep.Dead)
		}
		return old(m.Ended, keep.Messages)
	})
	s.Effects = slices.DeleteFunc(s.Effects, func(e *effectRow) bool {
		if e.Status == storage.EffectDead {
			return old(e.Ended, keep.Dead)
		}
		return old(e.Ended, keep.Effects)
	})
	for k, lines := range s.Lines {
		var kept []storage.Line
		for i, l := range lines {
			newest := i == len(lines)-1 && s.Records[k] != nil
			if newest || !old(l.At, keep.Lines) {
				kept = append(kept, l)
			}
		}
		s.Lines[k] = kept
	}
	return n, nil
}

// read yields what find finds, without holding the lock while it does.
func read[T any](ctx context.Context, m *model, limit int, find func(*state) []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if _, err := m.lock(ctx); err != nil {
			var none T
			yield(none, err)
			return
		}
		found := find(m.state)
		m.mu.Unlock()
		for i, v := range found {
			if limit > 0 && i == limit || !yield(v, nil) {
				return
			}
		}
	}
}

func among[T comparable](wanted []T, v T) bool { return len(wanted) == 0 || slices.Contains(wanted, v) }

// selects reports whether a query for asked means k.
func selects(asked, k storage.Key) bool {
	return asked == storage.Key{} || asked == k || asked == storage.Key{Kind: k.Kind}
}

// own returns a copy of b, nil if it is empty.
func own(b []byte) []byte { return append([]byte(nil), b...) }

func copyRecord(r storage.Record) storage.Record {
	r.Data = own(r.Data)
	return r
}

func copyElement(e storage.Element) storage.Element {
	e.Data = own(e.Data)
	return e
}

func copyMessage(m storage.Message) storage.Message {
	m.Body = own(m.Body)
	return m
}

func copyEffect(e storage.Effect) storage.Effect {
	e.Body = own(e.Body)
	return e
}
