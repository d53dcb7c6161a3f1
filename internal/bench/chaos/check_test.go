package chaos

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A scene is a small estate after a run in which nothing was done to anybody.
type scene struct {
	*evidence

	ctx   context.Context //nolint:containedctx // a test's
	t     *testing.T
	store storage.Store
}

func newScene(t *testing.T) *scene {
	t.Helper()
	ctx := t.Context()
	socket := filepath.Join(t.TempDir(), "world")
	w, err := newWorld(ctx, socket, 1, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	store, said := memory.New(nil), newTestimony()
	kind, err := newKind(witnessed(store, 0, said.hear("a")))
	if err != nil {
		t.Fatal(err)
	}
	j := job{Name: "a", World: socket, Lease: time.Second}
	sup, err := j.supervisor(t.Output())
	if err != nil {
		t.Fatal(err)
	}
	supervision.Supervise(sup, kind, decide)
	working, end := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- sup.Run(working) }()
	host := newLoad(kind)
	host.run(ctx, &Effort{Records: 4, Span: 20 * time.Millisecond}, 1)
	(&run{Options: &Options{}, direct: store}).settle(ctx)
	end()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return &scene{ctx: ctx, t: t, store: store, evidence: &evidence{orders: host.given(), calls: w.all(), said: said.all(), faults: host.faults}}
}

// record returns a record that is up.
func (s *scene) record() storage.Snapshot {
	s.t.Helper()
	seen, err := s.store.Load(s.ctx, []storage.Key{{Kind: kindName, ID: "i-00001"}})
	if err != nil || seen[0].State != string(up) {
		s.t.Fatal(seen, err)
	}
	return seen[0]
}

// write writes to that record behind everybody's back.
func (s *scene) write(change func(c *storage.Change)) {
	s.t.Helper()
	r := s.record().Record
	c := storage.Change{Key: r.Key, Version: r.Version, Record: r, Lines: []storage.Line{{From: r.State, To: r.State, Cause: "a fault"}}}
	change(&c)
	if answers, err := s.store.Apply(s.ctx, []storage.Change{c}); err != nil || answers[0] != nil {
		s.t.Fatal(answers, err)
	}
}

// call returns a call that did something for that record.
func (s *scene) call() *entry {
	s.t.Helper()
	i := slices.IndexFunc(s.calls, func(e entry) bool { return e.Record == s.record().Key.ID && e.Result == resultDone })
	if i < 0 {
		s.t.Fatal("nothing was done for the record")
	}
	return &s.calls[i]
}

// broken returns the checks that do not hold.
func (s *scene) broken() (names []string) {
	s.t.Helper()
	if err := s.gather(s.ctx, s.store); err != nil {
		s.t.Fatal(err)
	}
	for _, f := range s.examine() {
		if len(f.Faults) > 0 {
			names = append(names, f.Check)
			s.t.Logf("%s: %q", f.Check, f.Faults)
		}
	}
	return names
}

func TestNothingToFind(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	if broken := s.broken(); broken != nil {
		t.Errorf("after a run in which nothing was done to anybody these do not hold: %q", broken)
	}
	if len(s.records) != 4 || len(s.effects) < 24 || len(s.messages) < 24 || len(s.said) < 24 {
		t.Errorf("the evidence is of %d records, %d effects, %d messages and %d statements", len(s.records), len(s.effects), len(s.messages), len(s.said))
	}
}

// Each fault is planted in a run that was without, and found by the checks that it concerns and by no
// other. What is changed behind everybody's back is also not what decisions made again come to.
func TestPlantedFaults(t *testing.T) {
	t.Parallel()
	const (
		run        = "the run came to its end"
		operations = "each operation ended exactly once"
		histories  = "histories have no gap and no false step"
		targets    = "every record and part reached its target"
		replays    = "decisions made again come out alike"
		effects    = "no effect was lost"
		keys       = "what was done twice had the same key"
		order      = "phases came in their order"
		writes     = "no stale holder wrote"
		claims     = "no two had the same lease"
		refused    = "whoever slept too long was refused"
		leases     = "no lease is left"
		waiting    = "nothing waits without a due time"
		aside      = "nothing was set aside"
	)
	found := map[string]bool{}
	for _, c := range []struct {
		fault string
		plant func(s *scene)
		want  []string
	}{
		{"a process died", func(s *scene) { s.faults = append(s.faults, "process a1 ended by itself") }, []string{run}},
		{"an operation ended twice", func(s *scene) {
			s.write(func(c *storage.Change) {
				c.Lines = []storage.Line{{From: string(starting), Event: string(done), To: string(up), Operation: s.orders["i-00001"][0].operation}}
			})
		}, []string{operations, histories, replays}},
		{"an operation that nobody ordered", func(s *scene) {
			s.write(func(c *storage.Change) {
				c.Lines = []storage.Line{
					{From: string(up), Event: string(stop), To: string(stopping), Operation: "another"},
					{From: string(stopping), Event: string(done), To: string(down), Operation: "another"},
				}
				c.Record.State = string(down)
			})
		}, []string{operations, targets, replays, effects}},
		{"an order was forgotten", func(s *scene) {
			s.orders["i-00001"] = append(s.orders["i-00001"], given{stop, "lost"})
		}, []string{operations, targets}},
		{"another order was carried out", func(s *scene) { s.orders["i-00001"][0].operation = "another" }, []string{operations}},
		{"a record is gone", func(s *scene) {
			s.write(func(c *storage.Change) { *c = storage.Change{Key: c.Key, Version: c.Version, Delete: true} })
		}, []string{operations}},
		{"a change left no line", func(s *scene) { s.write(func(c *storage.Change) { c.Lines = nil }) }, []string{histories}},
		{"a part went astray", func(s *scene) {
			s.write(func(c *storage.Change) {
				c.Elements = []storage.Element{{Name: partName(0, 0), State: string(failed)}}
			})
		}, []string{histories, targets, replays}},
		{"a decision comes out otherwise", func(s *scene) { s.write(func(c *storage.Change) { c.Record.Group = "another" }) }, []string{replays}},
		{"a turn failed", func(s *scene) { s.write(func(c *storage.Change) { c.Record.Failures = 1 }) }, []string{targets}},
		{"the world forgot what it did", func(s *scene) {
			key := s.call().Key
			s.calls = slices.DeleteFunc(s.calls, func(e entry) bool { return e.Key == key })
		}, []string{effects}},
		{"an effect was not performed", func(s *scene) {
			s.write(func(c *storage.Change) { c.Emit = []storage.Effect{{ID: "late", Key: "late", Name: "act"}} })
		}, []string{effects}},
		{"the same was done under two keys", func(s *scene) {
			again := *s.call()
			again.Key = "another"
			s.calls = append(s.calls, again)
		}, []string{keys}},
		{"a key stood for two things", func(s *scene) {
			other := *s.call()
			other.Element = "another"
			s.calls = append(s.calls, other)
		}, []string{keys}},
		{"a phase came too early", func(s *scene) {
			for i := range s.calls {
				if s.calls[i].Step == "2" && s.calls[i].What == start {
					s.calls[i].Begun = 0
				}
			}
		}, []string{order}},
		{"two wrote from one version", func(s *scene) {
			s.said = append(s.said, said{statement{Did: wrote, Key: s.record().Key, Version: s.record().Version - 1, Token: 1000}, "b", time.Now()})
		}, []string{writes}},
		{"an old token wrote", func(s *scene) {
			s.said = append(s.said, said{statement{Did: wrote, Key: s.record().Key, Version: 1000, Token: 1}, "b", time.Now()})
		}, []string{writes}},
		{"an effect was settled after it had ended", func(s *scene) {
			i := slices.IndexFunc(s.said, func(w said) bool { return w.Did == settled && w.Ended })
			again := s.said[i]
			again.Token++
			s.said = append(s.said, again)
		}, []string{writes}},
		{"nobody speaks", func(s *scene) { s.said = nil }, []string{writes}},
		{"two had one lease", func(s *scene) {
			i := slices.IndexFunc(s.said, func(w said) bool { return w.Did == claimed })
			again := s.said[i]
			again.Process = "b"
			s.said = append(s.said, again)
		}, []string{claims}},
		{"who slept was refused nothing", func(s *scene) { s.woken = map[string]time.Time{"a": time.Now()} }, []string{refused}},
		{"a lease on a record was left", func(s *scene) {
			s.write(func(c *storage.Change) { c.Record.Due = time.Now().Add(-time.Second) })
			if seen, err := s.store.Claim(s.ctx, storage.Claim{Names: []string{kindName}, Owner: "b", Limit: 1, TTL: time.Minute}); err != nil || len(seen) != 1 {
				s.t.Fatal(seen, err)
			}
		}, []string{leases}},
		{"a lease on an effect was left", func(s *scene) {
			s.write(func(c *storage.Change) { c.Emit = []storage.Effect{{ID: "late", Key: "late", Name: "act"}} })
			if taken, err := s.store.Take(s.ctx, storage.Claim{Names: []string{"act"}, Owner: "b", Limit: 1, TTL: time.Minute}); err != nil || len(taken) != 1 {
				s.t.Fatal(taken, err)
			}
		}, []string{effects, leases}},
		{"a record waits and is never due", func(s *scene) {
			s.write(func(c *storage.Change) {
				c.Record.State, c.Lines[0].Event, c.Lines[0].To = string(stopping), string(stop), string(stopping)
				c.Lines[0].Operation = "another"
			})
		}, []string{operations, targets, replays, waiting}},
		{"a record is quarantined", func(s *scene) { s.write(func(c *storage.Change) { c.Record.Status = storage.Quarantined }) }, []string{aside}},
		{"a message was not heard", func(s *scene) {
			m := storage.Message{ID: "late", To: s.record().Key, Name: "late"}
			if answers, err := s.store.Deliver(s.ctx, []storage.Message{m}); err != nil || answers[0] != nil {
				s.t.Fatal(answers, err)
			}
		}, []string{aside}},
		{"a message was not understood", func(s *scene) {
			s.write(func(c *storage.Change) {
				c.Send = []storage.Message{{ID: "lost", To: storage.Key{Kind: kindName, ID: "nobody"}, Name: "lost"}}
			})
		}, []string{aside}},
	} {
		for _, name := range c.want {
			found[name] = true
		}
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			c.plant(s)
			if diff := cmp.Diff(c.want, s.broken()); diff != "" {
				t.Errorf("what does not hold (-want +got):\n%s", diff)
			}
		})
	}
	for _, c := range checks() {
		if !found[c.name] {
			t.Errorf("no fault is planted for %q", c.name)
		}
	}
}
