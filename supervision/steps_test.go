package supervision_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// underWay is a fleet in an operation, at a step, as it was seen with all of its ships.
func underWay(step string, now time.Time, elements ...storage.Element) *storage.Snapshot {
	seen := seenAt(now, elements...)
	seen.State, seen.Operation, seen.Step = "busy", "op", step
	seen.Until = now.Add(time.Minute)
	return seen
}

func inGroup(group int, e storage.Element) storage.Element {
	e.Group = group
	return e
}

func inDock(name string, group int) storage.Element {
	return storage.Element{Name: name, Group: group, State: string(docked), Since: noon.Add(-time.Hour), Data: []byte(`{"Crew":1}`)}
}

// advanced decides a turn in which nothing but Advance happens, and says what was ordered.
func advanced(t *testing.T, p *supervision.Phased[ship, shipState, shipEvent], log *[]string, seen *storage.Snapshot) (supervision.Step, storage.Change) {
	t.Helper()
	k, _ := newFleets(t, ships)
	var step supervision.Step
	*log = nil
	c := decided(t, k, seen, func(t *fleetTurn) (err error) {
		step, err = p.Advance(t)
		return err
	})
	return step, c
}

// The life of a step: it begins, is silent, is ordered again, and is given up one by one.
func TestOneStep(t *testing.T) {
	t.Parallel()
	var log []string
	p := phases(false, &log)
	began := noon

	step, c := advanced(t, p, &log, underWay("", began, inDock("a", 1), inDock("b", 1), inDock("z", 2)))
	if diff := cmp.Diff(supervision.Step{Group: 1, Moved: true}, step); diff != "" || fmt.Sprint(log) != "[a b]" {
		t.Fatal(diff, log)
	}
	if r := c.Record; r.Step != "1" || !r.Until.Equal(began.Add(limit)) || !r.Due.Equal(began.Add(limit)) || len(c.Elements) != 2 {
		t.Errorf("step %q, until %v, due %v, %d elements", r.Step, r.Until, r.Due, len(c.Elements))
	}
	for _, e := range c.Elements {
		if !e.Since.Equal(began) || !e.Due.Equal(began.Add(resend)) || e.State != string(sailing) {
			t.Errorf("%+v", e)
		}
	}
	silent := c.Elements

	// A message about something else: nobody has been silent for too long.
	step, c = advanced(t, p, &log, underWay("1", began.Add(time.Second), silent...))
	if diff := cmp.Diff(supervision.Step{Group: 1}, step); diff != "" || len(log)+len(c.Elements) > 0 || !c.Record.Until.Equal(began.Add(time.Second+time.Minute)) {
		t.Errorf("%s%v %v %v", diff, log, c.Elements, c.Record.Until)
	}
	// After ten seconds of silence both are ordered again; neither their limit nor the record's is.
	at := began.Add(resend)
	done := storage.Element{Name: "c", Group: 1, State: string(sold), Since: began, Due: at, Data: []byte(`{"Crew":1}`)}
	step, c = advanced(t, p, &log, underWay("1", at, append(silent, done)...))
	if el := shipOf(&c, "c"); el == nil || !el.Due.IsZero() {
		t.Errorf("what is done and was woken is %v", el)
	}
	c.Elements = slices.DeleteFunc(c.Elements, func(e storage.Element) bool { return e.Name == "c" })
	if diff := cmp.Diff(supervision.Step{Group: 1, Resent: true}, step); diff != "" || fmt.Sprint(log) != "[a b]" || !c.Record.Until.Equal(at.Add(time.Minute)) {
		t.Errorf("%s%v %v", diff, log, c.Record.Until)
	}
	for _, e := range c.Elements {
		if !e.Since.Equal(began) || !e.Due.Equal(at.Add(resend)) {
			t.Errorf("%+v", e)
		}
	}
	// Their last silence ends with their limit: they are lost, not ordered, and the record sees to it.
	last := began.Add(voyage - time.Second)
	_, c = advanced(t, p, &log, underWay("0", last, atSea("a", began, last), atSea("b", began.Add(time.Minute), last)))
	if a, b := shipOf(&c, "a"), shipOf(&c, "b"); !a.Due.Equal(began.Add(voyage)) || !b.Due.Equal(last.Add(resend)) {
		t.Errorf("%v %v", a.Due, b.Due)
	}
	up := began.Add(voyage)
	step, c = advanced(t, p, &log, underWay("0", up, atSea("a", began, up), atSea("b", began.Add(time.Minute), up)))
	if step.Moved || fmt.Sprint(log) != "[b]" || shipOf(&c, "a").State != string(lost) || !c.Record.Due.Equal(up) {
		t.Errorf("%+v %v %v %v", step, log, c.Elements, c.Record.Due)
	}
	// With all of the group lost, the next one's turn has come, and its time starts anew.
	step, c = advanced(t, p, &log, underWay("1", up, storage.Element{Name: "a", Group: 1, State: string(lost), Since: up}, inDock("z", 2)))
	if !step.Moved || step.Group != 2 || fmt.Sprint(log) != "[z]" || !c.Record.Until.Equal(up.Add(limit)) {
		t.Errorf("%+v %v %v", step, log, c.Record.Until)
	}
	step, c = advanced(t, p, &log, underWay("2", up, storage.Element{Name: "a", Group: 1, State: string(lost), Since: up}))
	if diff := cmp.Diff(supervision.Step{Done: true}, step); diff != "" || log != nil || c.Record.Step != "2" {
		t.Errorf("%s%v %q", diff, log, c.Record.Step)
	}
}

// Elements that were under way when their step began have the whole of their time from then, and so
// have those whose time was up.
func TestLimitsOfElementsStartWithTheirStep(t *testing.T) {
	t.Parallel()
	var log []string
	step, c := advanced(t, phases(true, &log), &log, underWay("9", noon,
		inGroup(7, atSea("late", noon.Add(-2*voyage), noon.Add(-voyage))),
		inGroup(7, atSea("soon", noon.Add(time.Minute-voyage), noon.Add(time.Minute))),
		inGroup(6, atSea("other", noon.Add(time.Minute-voyage), noon.Add(time.Minute)))))
	if !step.Moved || step.Group != 7 || fmt.Sprint(log) != "[late soon]" || len(c.Elements) != 2 || len(c.Lines) > 0 {
		t.Fatalf("%+v %v %v %v", step, log, c.Elements, c.Lines)
	}
	for _, e := range c.Elements {
		if !e.Since.Equal(noon) || !e.Due.Equal(noon.Add(resend)) {
			t.Errorf("%+v", e)
		}
	}
}

// What an answer changes after the time of the step was up brings the operation further, with a limit.
func TestLateAnswerAfterTimeout(t *testing.T) {
	t.Parallel()
	var log []string
	p := phases(false, &log)
	k, _ := newFleets(t, ships)
	seen := underWay("1", noon, inGroup(1, atSea("a", noon, noon.Add(voyage))), inDock("b", 2))
	seen.Until = time.Time{} // it was up, and nothing came of it
	c := decided(t, k, seen, func(t *fleetTurn) error {
		if err := fireAt(t, "a", "sell"); err != nil {
			return err
		}
		_, err := p.Advance(t)
		return err
	})
	if c.Record.Step != "2" || !c.Record.Until.Equal(noon.Add(limit)) || !c.Record.Due.Equal(noon.Add(limit)) || fmt.Sprint(log) != "[b]" {
		t.Errorf("%+v %v", c.Record, log)
	}
}

// Elements that join the step that is under way are ordered, once; those that are done at once need no
// message for the next step to begin.
func TestJoiningAndInstantElements(t *testing.T) {
	t.Parallel()
	var log []string
	p := phases(false, &log)
	k, _ := newFleets(t, ships)
	c := decided(t, k, underWay("1", noon, inGroup(1, atSea("a", noon, noon.Add(time.Minute))), inDock("b", 2), inDock("c", 3),
		inGroup(2, atSea("d", noon.Add(-2*voyage), time.Time{})), inGroup(2, atSea("e", noon.Add(-voyage), noon))), func(t *fleetTurn) error {
		ships.Add(t, "new", 1, ship{})
		for _, name := range []string{"d", "e"} {
			el, _ := ships.Get(t, name)
			el.Group = 1
		}
		b, _ := ships.Get(t, "b")
		b.Group = 1
		for range 2 {
			if _, err := p.Advance(t); err != nil {
				return err
			}
		}
		return nil
	})
	if fmt.Sprint(log) != "[b d e new]" || c.Record.Step != "1" || len(c.Elements) != 4 {
		t.Errorf("%v, step %q, %v", log, c.Record.Step, c.Elements)
	}
	for _, e := range c.Elements {
		if !e.Since.Equal(noon) || !e.Due.Equal(noon.Add(resend)) || e.State != string(sailing) || e.Group != 1 {
			t.Errorf("it joined, and is %+v", e)
		}
	}

	p.Order = func(t supervision.Outbound, _ supervision.Step, els []*shipPart) error {
		for _, el := range els {
			if el.Name == "a" {
				ships.Remove(t, el)
				continue
			}
			if err := ships.Fire(t, el, "sell"); err != nil {
				return err
			}
		}
		return nil
	}
	_, c = advanced(t, p, &log, underWay("", noon, inDock("a", 1), inDock("b", 1), inDock("c", 2)))
	if !c.Record.Due.Equal(noon) || c.Record.Step != "1" {
		t.Errorf("step %q is done at once, and the record is due at %v", c.Record.Step, c.Record.Due)
	}
	if b := shipOf(&c, "b"); len(c.Elements) != 1 || !b.Due.IsZero() {
		t.Errorf("what is done is due again: %v", c.Elements)
	}
}

func TestSimpleIsOneStep(t *testing.T) {
	t.Parallel()
	var log []string
	p := phases(false, &log)
	simple := &supervision.Simple[ship, shipState, shipEvent]{Elements: ships, Open: p.Open, Resend: resend, Order: p.Order}
	k, _ := newFleets(t, ships)
	advance := func(seen *storage.Snapshot) (step supervision.Step, c storage.Change) {
		log = nil
		c = decided(t, k, seen, func(t *fleetTurn) (err error) {
			step, err = simple.Advance(t)
			return err
		})
		return step, c
	}
	step, c := advance(underWay("", noon, inDock("a", 1), inDock("b", -2), storage.Element{Name: "c", State: string(sold)}))
	if diff := cmp.Diff(supervision.Step{Moved: true}, step); diff != "" || c.Record.Step != "all" || fmt.Sprint(log) != "[a b]" {
		t.Errorf("%s%q %v", diff, c.Record.Step, log)
	}
	if !c.Record.Until.Equal(noon.Add(time.Minute)) || !c.Record.Due.Equal(c.Record.Until) {
		t.Errorf("without a Limit the record's was set to %v, and it is due at %v", c.Record.Until, c.Record.Due)
	}
	step, _ = advance(underWay("all", noon.Add(resend), c.Elements...))
	if diff := cmp.Diff(supervision.Step{Resent: true}, step); diff != "" || fmt.Sprint(log) != "[a b]" {
		t.Errorf("%s%v", diff, log)
	}
	simple.Resend = 0
	step, _ = advance(underWay("all", noon.Add(resend), c.Elements...))
	if diff := cmp.Diff(supervision.Step{}, step); diff != "" || log != nil {
		t.Errorf("%s%v", diff, log)
	}
	simple.Order = nil
	step, c = advance(underWay("", noon, inDock("a", 1)))
	if diff := cmp.Diff(supervision.Step{Moved: true}, step); diff != "" || len(c.Elements) > 0 {
		t.Errorf("%s%v", diff, c.Elements)
	}
	if step, _ = advance(underWay("all", noon)); !step.Done {
		t.Errorf("%+v without elements", step)
	}
}

func TestStepsThatCannotBe(t *testing.T) {
	t.Parallel()
	k, store := newFleets(t, ships)
	refused := errors.New("refused")
	full := underWay("", noon, inDock("a", 1))
	half := underWay("", noon)
	half.Tally = []storage.Tally{{State: string(docked), N: 1}}
	store.err = errors.New("the disk is gone")
	for _, c := range []struct {
		name  string
		steps supervision.Phased[ship, shipState, shipEvent]
		seen  *storage.Snapshot
		is    error
		says  string
	}{
		{"without elements", supervision.Phased[ship, shipState, shipEvent]{Open: atWork}, full, nil, "have no Elements"},
		{"without open", supervision.Phased[ship, shipState, shipEvent]{Elements: ships}, full, nil, "have no Open"},
		{"of another kind", supervision.Phased[ship, shipState, shipEvent]{
			Elements: supervision.NewElements[ship](shipMachine, nil), Open: atWork,
		}, full, nil, "the kind has other elements"},
		{"refused by Order", supervision.Phased[ship, shipState, shipEvent]{
			Elements: ships, Open: atWork, Order: func(supervision.Outbound, supervision.Step, []*shipPart) error { return refused },
		}, full, refused, ""},
		{"not to be read", supervision.Phased[ship, shipState, shipEvent]{
			Elements: ships, Open: atWork, Order: func(supervision.Outbound, supervision.Step, []*shipPart) error { return refused },
		}, half, store.err, "its elements cannot be read"},
	} {
		var step supervision.Step
		_, err := k.Decide(t.Context(), c.seen, func(t *fleetTurn) (err error) {
			step, err = c.steps.Advance(t)
			return err
		})
		if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) || step.Done {
			t.Errorf("%s: %+v, %v", c.name, step, err)
		}
	}
}

// An acknowledgement reads nothing, however many elements its step has; a new step reads its own.
func TestCostOfSteps(t *testing.T) {
	t.Parallel()
	k, store := newFleets(t, ships)
	ctx := t.Context()
	const each = 200
	err := k.Create(ctx, "1", fleet{}, supervision.SetUp(func(t supervision.Outbound) error {
		for i := range 5 * each {
			ships.Add(t, fmt.Sprintf("%05d", i), i/each, ship{})
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	ordered := 0
	p := &supervision.Phased[ship, shipState, shipEvent]{
		Elements: ships, Open: atWork,
		Order: func(_ supervision.Outbound, _ supervision.Step, els []*shipPart) error {
			ordered += len(els)
			return nil
		},
	}
	if _, err := k.Order(ctx, "1", "go", 0, func(t *fleetTurn) error {
		_, err := p.Advance(t)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if ordered != each || store.reads != 1 || store.rows != each {
		t.Errorf("the first step orders %d with %d reads of %d rows", ordered, store.reads, store.rows)
	}
	ordered, store.reads, store.rows = 0, 0, 0
	sell := func(name string) {
		err := k.Change(ctx, "1", func(t *fleetTurn) error {
			if err := fireAt(t, name, "sell"); err != nil {
				return err
			}
			_, err := p.Advance(t)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range each - 1 {
		sell(fmt.Sprintf("%05d", i))
	}
	if ordered != 0 || store.reads != each-1 || store.rows != each-1 {
		t.Errorf("%d orders that name one element each read %d times, %d rows, and order %d", each-1, store.reads, store.rows, ordered)
	}
	store.reads, store.rows = 0, 0
	sell(fmt.Sprintf("%05d", each-1))
	if ordered != each || store.reads != 2 || store.rows != each+1 {
		t.Errorf("the second step orders %d with %d reads of %d rows", ordered, store.reads, store.rows)
	}
}
