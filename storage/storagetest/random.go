package storagetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/internal/trialtest"
	"github.com/reeve-go/reeve/storage"
)

// randomOperations does at random what can be done to a store, to the backend and to the model, and
// demands that both answer the same and hold the same afterwards.
func randomOperations(t *testing.T, h Harness) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		run := func(rt *rapid.T) { compareWithModel(rt, h.open(trialtest.New(t, rt), testCase{})) }
		if h.Virtual {
			rapid.SyncTest(rt, run)
		} else {
			run(rt)
		}
	})
}

// A duel is one random sequence of operations.
type duel struct {
	*scene
	model *scene
	m     *model
	clock time.Time
	draw  draws
	seen  []storage.Snapshot // to decide from, later
	held  []loan
	// numbers are the backend's numbers of messages by those of the model.
	numbers map[uint64]uint64
}

func compareWithModel(rt *rapid.T, s *scene) {
	d := &duel{scene: s, clock: s.now(), numbers: map[uint64]uint64{}}
	d.m = newModel(func() time.Time { return d.clock }, s.Limits)
	model := *s
	model.Store = d.m
	d.model = &model
	for _, id := range []string{"a", "b", "c"} {
		s.key(id)
	}
	s.keyOf(other, "a")
	step := func(do func()) func(*rapid.T) {
		return func(rt *rapid.T) {
			d.draw = draws{rt, d}
			do()
		}
	}
	rt.Repeat(map[string]func(*rapid.T){
		"":               step(d.compare),
		"apply":          step(d.apply),
		"apply again":    step(d.apply), // as often as all others together
		"apply and wait": step(func() { d.apply(); d.wait() }),
		"deliver":        step(d.deliver),
		"claim":          step(d.claim),
		"take":           step(d.take),
		"settle":         step(d.settle),
		"extend":         step(d.extend),
		"release":        step(d.release),
		"redrive":        step(d.redrive),
		"prune":          step(d.prune),
		"list":           step(d.list),
		"wait":           step(d.wait),
	})
}

func (d *duel) wait() {
	passed := d.draw.duration("passes")
	d.pass(passed)
	d.clock = d.clock.Add(passed)
}

// both calls a method of both stores that answers several things, and demands the same answers.
func (d *duel) both(what string, call func(s storage.Store) ([]error, error)) {
	d.Helper()
	got, err := call(d.Store)
	d.is(what, err, nil)
	want, err := call(d.m)
	d.is(what+" of the model", err, nil)
	d.same("what "+what+" answers", sorts(got), sorts(want))
}

// sorts returns what sort of answer each is.
func sorts(answers []error) (out []string) {
	for _, answer := range answers {
		sort := "none of the contract's"
		for _, e := range []error{
			storage.ErrNotFound, storage.ErrExists, storage.ErrConflict, storage.ErrLeaseLost, storage.ErrCanceled,
			storage.ErrDuplicate, storage.ErrTooLarge, storage.ErrInvalid,
		} {
			if errors.Is(answer, e) {
				sort = e.Error()
			}
		}
		if answer == nil {
			sort = "ok"
		}
		out = append(out, sort)
	}
	return out
}

func (d *duel) apply() {
	var changes []storage.Change
	for range d.draw.number("changes", 1, 3) {
		changes = append(changes, d.draw.change())
	}
	d.both("apply", func(s storage.Store) ([]error, error) { return s.Apply(d.ctx, d.renumber(s, changes)) })
	for _, c := range changes {
		if c.Delete {
			d.forget(func(l loan) bool { return l.record == c.Key && l.model.Key != c.Key })
		}
	}
}

// forget drops leases on what may be gone and leaves no trace: where it comes again, tokens may begin
// again.
func (d *duel) forget(gone func(loan) bool) { d.held = slices.DeleteFunc(d.held, gone) }

// renumber returns the changes with the numbers that the store knows.
func (d *duel) renumber(s storage.Store, changes []storage.Change) []storage.Change {
	if s == storage.Store(d.m) {
		return changes
	}
	changes = slices.Clone(changes)
	for i := range changes {
		changes[i].Consume = slices.Clone(changes[i].Consume)
		for j := range changes[i].Consume {
			seq := &changes[i].Consume[j].Seq
			*seq = d.numbers[*seq]
		}
	}
	return changes
}

func (d *duel) deliver() {
	var messages []storage.Message
	for range d.draw.number("messages", 1, 3) {
		messages = append(messages, d.draw.message())
	}
	d.both("deliver", func(s storage.Store) ([]error, error) { return s.Deliver(d.ctx, messages) })
}

func (d *duel) redrive() {
	var seqs []uint64
	for _, m := range d.m.state.Messages {
		if m.Status == storage.MessageDead || d.draw.rarely("not dead") {
			seqs = append(seqs, m.Seq)
		}
	}
	d.both("redrive of messages", func(s storage.Store) ([]error, error) {
		numbers := slices.Clone(seqs)
		for i := range numbers {
			if s != storage.Store(d.m) {
				numbers[i] = d.numbers[numbers[i]]
			}
		}
		return s.RedriveMessages(d.ctx, numbers)
	})
	ids, deadline := []string{"e"}, d.draw.duration("deadline")
	for _, e := range d.m.state.Effects {
		if e.Status == storage.EffectDead || d.draw.rarely("not dead") {
			ids = append(ids, e.ID)
		}
	}
	d.both("redrive of effects", func(s storage.Store) ([]error, error) { return s.RedriveEffects(d.ctx, ids, deadline) })
}

func (d *duel) prune() {
	keep := func(what string) time.Duration {
		return time.Duration(d.draw.number(what, 0, 3)) * time.Hour
	}
	r := storage.Retention{Messages: keep("messages"), Effects: keep("effects"), Dead: keep("dead"), Lines: keep("lines")}
	limit := d.draw.number("limit", 1, 5)
	d.same("how many rows are pruned", d.pruneAll(d.Store, r, limit), d.pruneAll(d.m, r, 1000))
	d.forget(func(l loan) bool {
		k := l.model.Key
		if k.Kind == storage.EffectKind {
			return d.m.state.effect(k.ID) == nil
		}
		return d.m.state.Records[k] == nil && len(d.m.state.Lines[k]) == 0
	})
}

func (d *duel) pruneAll(s storage.Store, r storage.Retention, limit int) (all int) {
	d.Helper()
	for range 1000 {
		n, err := s.Prune(d.ctx, r, limit)
		d.is("prune", err, nil)
		if all += n; n < limit {
			return all
		}
	}
	d.Fatalf("pruning finds more and more to remove: %d rows until now", all)
	return all
}

// list compares what can be found with random queries.
func (d *duel) list() {
	q := storage.Query{Kind: d.Kind, Group: d.draw.of("group", "", "blue"), After: d.draw.of("after", "", "a"), Limit: d.draw.number("limit", 0, 2)}
	if d.draw.rarely("by state") {
		q.States = []string{d.States[1]}
	}
	if d.draw.rarely("by status") {
		q.Statuses = []storage.Status{storage.OK, storage.Quarantined}
	}
	find := func(s *scene) (keys []storage.Key) {
		for _, r := range collect(s, s.Store.List(context.WithoutCancel(s.ctx), q)) {
			keys = append(keys, r.Key)
		}
		return keys
	}
	d.same("the records of a list", find(d.scene), find(d.model))
	names := storage.ElementQuery{After: d.draw.of("after", "", "x"), Limit: d.draw.number("limit", 0, 2), Groups: []int{0}}
	d.same("the elements of a list", d.scene.elementsOf("a", names), d.model.elementsOf("a", names))
}
