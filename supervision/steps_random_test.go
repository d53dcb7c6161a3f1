package supervision_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

const (
	resend = 10 * time.Second
	limit  = 5 * time.Minute
)

func atWork(s shipState) bool { return s == docked || s == sailing }

// phases orders ships to sail, and notes which.
func phases(descend bool, log *[]string) *supervision.Phased[ship, shipState, shipEvent] {
	return &supervision.Phased[ship, shipState, shipEvent]{
		Elements: ships, Open: atWork, Descend: descend, Limit: limit, Resend: resend,
		Order: func(t supervision.Outbound, _ supervision.Step, els []*shipPart) error {
			for _, el := range els {
				*log = append(*log, el.Name)
				if el.State == docked {
					if err := ships.Fire(t, el, sail); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}
}

// A phasedModel is what phases are, said in another way: with every element at hand, and by clocks
// that are not stored.
type phasedModel struct {
	descend bool
	step    string
	until   time.Time
	ships   map[string]*phasedShip
}

type phasedShip struct {
	state   shipState
	group   int
	began   time.Time // its stay at sea
	ordered time.Time
	joined  bool
}

// turn returns what Advance has to do at a time, and which ships it has to order.
func (m *phasedModel) turn(now time.Time) (step supervision.Step, order []string) {
	groups := map[int][]string{}
	for _, name := range slices.Sorted(maps.Keys(m.ships)) {
		if s := m.ships[name]; atWork(s.state) {
			groups[s.group] = append(groups[s.group], name)
		}
	}
	if len(groups) == 0 {
		return supervision.Step{Done: true}, nil
	}
	order = []string{}
	step.Group = slices.Min(slices.Collect(maps.Keys(groups)))
	if m.descend {
		step.Group = slices.Max(slices.Collect(maps.Keys(groups)))
	}
	step.Moved = m.step != strconv.Itoa(step.Group)
	for _, name := range groups[step.Group] {
		s := m.ships[name]
		lost := s.state == sailing && !now.Before(s.began.Add(voyage))
		silent := s.state == sailing && !now.Before(s.ordered.Add(resend))
		if step.Moved || s.joined || silent && !lost {
			order = append(order, name)
			if step.Moved || s.joined || s.state == docked {
				s.began = now
			}
			s.ordered, s.state = now, sailing
		}
	}
	if step.Resent = !step.Moved && len(order) > 0; step.Moved {
		m.step, m.until = strconv.Itoa(step.Group), now.Add(limit)
	}
	return step, order
}

// end is what the end of a turn does: ships whose time is up are lost.
func (m *phasedModel) end(now time.Time) (lost []string) {
	for _, name := range slices.Sorted(maps.Keys(m.ships)) {
		s := m.ships[name]
		s.joined = false
		if s.state == sailing && !now.Before(s.began.Add(voyage)) {
			s.state = lostAtSea
			lost = append(lost, name)
		}
	}
	return lost
}

const lostAtSea = lost

// Ships that are sold, lost, added, removed and silent in any order, in any groups, forward and back:
// each turn orders what the model orders, and nothing else; in the end all is done.
func TestPhasedRandomly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		k, store := newFleets(t, ships)
		ctx, key := t.Context(), k.Key("1")
		m := &phasedModel{descend: rapid.Bool().Draw(rt, "descend"), ships: map[string]*phasedShip{}}
		var log []string
		steps := phases(m.descend, &log)
		drawGroup := rapid.SampledFrom([]int{-3, 0, 1, 2000})
		err := k.Create(ctx, "1", fleet{}, supervision.SetUp(func(t supervision.Outbound) error {
			for i := range rapid.IntRange(0, 6).Draw(rt, "ships") {
				s := &phasedShip{state: docked, group: drawGroup.Draw(rt, "group")}
				ships.Add(t, string(rune('a'+i)), s.group, ship{})
				m.ships[string(rune('a'+i))] = s
			}
			return nil
		}))
		if err != nil {
			rt.Fatal(err)
		}
		if _, err := k.Order(ctx, "1", "go", 0, nil); err != nil {
			rt.Fatal(err)
		}
		now, added := time.Now().UTC().Add(time.Minute).Truncate(time.Second), 0
		turn := func(do func(*fleetTurn) error, named ...string) supervision.Step {
			seen := claimed(rt, store, key, now, named)
			want, order := m.turn(now)
			var step supervision.Step
			c, err := k.Decide(ctx, seen, func(t *fleetTurn) (err error) {
				log = []string{}
				if err := do(t); err != nil {
					return err
				}
				step, err = steps.Advance(t)
				return err
			})
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(want, step); diff != "" {
				rt.Fatal(diff)
			}
			if want.Done {
				order = []string{}
			}
			if diff := cmp.Diff(order, log); diff != "" {
				rt.Fatalf("ordered in %+v: %s", step, diff)
			}
			if c.Record.Step != m.step || !m.until.IsZero() && !c.Record.Until.Equal(m.until) {
				rt.Fatalf("the step is %q until %v; want %q until %v", c.Record.Step, c.Record.Until, m.step, m.until)
			}
			if lost := m.end(now); len(lost) > 0 && !c.Record.Due.Equal(now) {
				rt.Fatalf("%v are lost and the record is due at %v", lost, c.Record.Due)
			}
			if answers, err := store.Apply(ctx, []storage.Change{c}); err != nil || answers[0] != nil {
				rt.Fatal(answers, err)
			}
			return step
		}
		for range rapid.IntRange(0, 8).Draw(rt, "turns") {
			now = now.Add(rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, resend, 2 * resend, voyage}).Draw(rt, "wait"))
			if m.until.Before(now) {
				m.until = time.Time{} // the host's to see to
			}
			var does []func(*fleetTurn) error
			var named []string
			for _, name := range slices.Sorted(maps.Keys(m.ships)) {
				s := m.ships[name]
				switch what := rapid.IntRange(0, 5).Draw(rt, "what"); {
				case what == 0 && atWork(s.state):
					s.state = sold
					named = append(named, name)
					does = append(does, func(t *fleetTurn) error { return fireAt(t, name, "sell") })
				case what == 1:
					delete(m.ships, name)
					does = append(does, func(t *fleetTurn) error { return removeAt(t, name) })
				}
			}
			if rapid.IntRange(0, 3).Draw(rt, "add") == 0 {
				added++
				name, group := "new"+strconv.Itoa(added), drawGroup.Draw(rt, "group")
				m.ships[name] = &phasedShip{state: docked, group: group, joined: true}
				does = append(does, func(t *fleetTurn) error {
					ships.Add(t, name, group, ship{})
					return nil
				})
			}
			turn(func(t *fleetTurn) error {
				for _, do := range does {
					if err := do(t); err != nil {
						return err
					}
				}
				return nil
			}, named...)
		}
		for tries := 0; ; tries++ {
			var open []string
			for name, s := range m.ships {
				if s.state == sailing && m.step == strconv.Itoa(s.group) {
					open = append(open, name)
					s.state = sold
				}
			}
			step := turn(func(t *fleetTurn) error {
				for _, name := range open {
					if err := fireAt(t, name, "sell"); err != nil {
						return err
					}
				}
				return nil
			}, open...)
			if step.Done {
				break
			}
			if tries > 5 {
				rt.Fatalf("it is not done after all groups: %+v", step)
			}
		}
	})
}

// claimed is what a claim at a time of the test's own would return.
func claimed(rt *rapid.T, store *counter, key storage.Key, now time.Time, named []string) *storage.Snapshot {
	seen, err := store.Load(rt.Context(), []storage.Key{key})
	if err != nil {
		rt.Fatal(err)
	}
	seen[0].Now = now
	seen[0].Until = later(seen[0].Until, now.Add(time.Second))
	for e, err := range store.Store.Elements(rt.Context(), key, storage.ElementQuery{}) {
		if err != nil {
			rt.Fatal(err)
		}
		if slices.Contains(named, e.Name) || !e.Due.IsZero() && !e.Due.After(now) {
			seen[0].Elements = append(seen[0].Elements, e)
		}
	}
	return &seen[0]
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func fireAt(t *fleetTurn, name string, e shipEvent) error {
	el, ok := ships.Get(t, name)
	if !ok {
		return fmt.Errorf("there is no %s", name)
	}
	return ships.Fire(t, el, e)
}

func removeAt(t *fleetTurn, name string) error {
	el, ok := ships.Get(t, name)
	if !ok {
		return fmt.Errorf("there is no %s", name)
	}
	ships.Remove(t, el)
	return nil
}
