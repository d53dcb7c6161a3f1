package supervision_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// staged lets every ship pass its stages, and notes who was ordered in which.
func staged(descend bool, log *[]string) *supervision.Staged[ship, shipState, shipEvent] {
	return &supervision.Staged[ship, shipState, shipEvent]{
		Elements: ships, Open: atWork, Descend: descend, Resend: resend,
		Stages: func(s *ship) []int { return stagesOf(s.Crew) },
		Order: func(t supervision.Outbound, step supervision.Step, els []*shipPart) error {
			for _, el := range els {
				*log = append(*log, fmt.Sprintf("%s%d", el.Name, step.Group))
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

// stagesOf makes stages of the bits of a number, in no good order.
func stagesOf(bits int) []int {
	var out []int
	for _, i := range []int{3, 0, 2, 1} {
		if bits&(1<<i) != 0 {
			out = append(out, i-1)
		}
	}
	return out
}

// An element passes a stage only when that one is ordered, and no time runs for it until its next one.
func TestPass(t *testing.T) {
	t.Parallel()
	var log []string
	k, _ := newFleets(t, ships)
	p := staged(false, &log)
	at := func(name string, group int) storage.Element {
		e := inGroup(group, atSea(name, noon.Add(-time.Minute), noon.Add(resend)))
		e.Data = []byte(`{"Crew":13}`) // stages -1, 1 and 2
		return e
	}
	var more []bool
	c := decided(t, k, underWay("-1", noon, at("a", -1), at("b", -1), at("c", 1)), func(t *fleetTurn) error {
		more = nil
		for _, name := range []string{"a", "a", "c"} {
			el, _ := ships.Get(t, name)
			more = append(more, p.Pass(t, el))
		}
		_, err := p.Advance(t)
		return err
	})
	if diff := cmp.Diff([]bool{true, true, true}, more); diff != "" || log != nil {
		t.Error(diff, log)
	}
	if a := shipOf(&c, "a"); len(c.Elements) != 1 || a.Group != 1 || !a.Due.IsZero() || a.State != string(sailing) {
		t.Errorf("%+v", c.Elements)
	}

	waiting := at("a", 1)
	waiting.Due = time.Time{}
	hours := noon.Add(3 * voyage)
	c = decided(t, k, underWay("-1", hours, waiting, at("b", -1)), func(t *fleetTurn) error {
		if el, _ := ships.Get(t, "a"); !el.Until.IsZero() {
			return fmt.Errorf("until %v", el.Until)
		}
		return removeAt(t, "b")
	})
	if len(c.Elements) > 0 {
		t.Errorf("time ran for an element that waits: %v", c.Elements)
	}
	c = decided(t, k, underWay("-1", hours, waiting), func(t *fleetTurn) error {
		_, err := p.Advance(t)
		return err
	})
	if a := shipOf(&c, "a"); fmt.Sprint(log) != "[a1]" || !a.Since.Equal(hours) || !a.Due.Equal(hours.Add(resend)) {
		t.Errorf("%v, %+v", log, a)
	}

	last := at("a", 2)
	c = decided(t, k, underWay("2", noon, last), func(t *fleetTurn) error {
		el, _ := ships.Get(t, "a")
		more = []bool{p.Pass(t, el)}
		return nil
	})
	if more[0] || len(c.Elements) > 0 {
		t.Errorf("more: %v, %v", more, c.Elements)
	}
	if stage, ok := p.First(&ship{Crew: 13}); stage != -1 || !ok {
		t.Error(stage, ok)
	}
	if stage, ok := staged(true, &log).First(&ship{Crew: 13}); stage != 2 || !ok {
		t.Error(stage, ok)
	}
	if _, ok := p.First(&ship{}); ok {
		t.Error("an element without stages has a first one")
	}
	p.Stages = nil
	_, err := k.Decide(t.Context(), underWay("2", noon, last), func(t *fleetTurn) error {
		el, _ := ships.Get(t, "a")
		p.Pass(t, el)
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "Staged has no Stages") {
		t.Error(err)
	}
}

// Every element is ordered in each of its stages once, in order, and never before all have passed the
// earlier ones, forward and back.
func TestStagedToTheEnd(t *testing.T) {
	t.Parallel()
	for _, descend := range []bool{false, true} {
		var log []string
		p := staged(descend, &log)
		k, _ := newFleets(t, ships)
		ctx := t.Context()
		err := k.Create(ctx, "1", fleet{}, supervision.SetUp(func(t supervision.Outbound) error {
			for i, bits := range []int{0b1101, 0b0010, 0b1111, 0b1000} {
				data := ship{Crew: bits}
				first, _ := p.First(&data)
				ships.Add(t, string(rune('a'+i)), first, data)
			}
			return nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.Order(ctx, "1", "go", 0, func(t *fleetTurn) error {
			_, err := p.Advance(t)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for turns, done := 0, false; !done && turns < 20; turns++ {
			err := k.Change(ctx, "1", func(t *fleetTurn) error {
				// The last of those that are at the step passes it.
				var at []*shipPart
				for el := range ships.Select(t, nil, sailing) {
					if fmt.Sprint(el.Group) == t.Step {
						at = append(at, el)
					}
				}
				if el := at[len(at)-1]; !p.Pass(t, el) {
					if err := ships.Fire(t, el, "sell"); err != nil {
						return err
					}
				}
				step, err := p.Advance(t)
				done = step.Done
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		want := []string{"a-1", "c-1", "b0", "c0", "a1", "c1", "a2", "c2", "d2"}
		if descend {
			want = []string{"a2", "c2", "d2", "a1", "c1", "b0", "c0", "a-1", "c-1"}
		}
		if diff := cmp.Diff(want, log); diff != "" {
			t.Errorf("descend %v: %s", descend, diff)
		}
	}
}
