package chaos

import (
	"fmt"
	"slices"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// An instance has parts in phases: they are started from the first phase to the last, and stopped from
// the last to the first.
type (
	instance struct {
		// Ended counts its operations that have ended.
		Ended int `json:"ended"`
	}
	part struct{}

	state string
	event string

	instanceKind = supervision.Kind[instance, state, event]
	instanceTurn = supervision.Turn[instance, state, event]
	phases       = supervision.Phased[part, state, event]
)

const (
	down     state = "down"
	starting state = "starting"
	up       state = "up"
	stopping state = "stopping"
	failed   state = "failed"

	start  event = "start"
	stop   event = "stop"
	done   event = "done"
	giveUp event = "give up"
)

const (
	kindName = "instance"
	// operationLimit is longer than any run: an operation whose time is up has failed.
	operationLimit = time.Hour
	// resend is short enough that some parts are ordered again while their order is carried out.
	resend = 3 * time.Second
)

// sizes says how many parts each phase has.
var sizes = []int{1, 2, 1}

func partName(phase, i int) string { return fmt.Sprintf("part-%d-%d", phase, i) }

var machine = fsm.MustCompile(fsm.Definition[state, event]{
	Name:    "start and stop",
	Initial: down,
	States: fsm.States[state, event]{
		down:     {Mode: fsm.Resting},
		starting: {Mode: fsm.Waiting, After: operationLimit, Then: giveUp},
		up:       {Mode: fsm.Resting},
		stopping: {Mode: fsm.Waiting, After: operationLimit, Then: giveUp},
		failed:   {Mode: fsm.Resting},
	},
	Table: fsm.Table[state, event]{
		down:     {start: starting},
		starting: {done: up, giveUp: failed},
		up:       {stop: stopping},
		stopping: {done: down, giveUp: failed},
	},
})

var (
	parts = supervision.NewElements[part](machine, nil)
	act   = supervision.NewEffect[event, struct{}]("act")

	startAll = &phases{Elements: parts, Open: in(down, starting), Resend: resend, Order: order(down, start)}
	stopAll  = &phases{Elements: parts, Open: in(up, stopping), Resend: resend, Order: order(up, stop), Descend: true}
)

// newKind returns the instances in a store. Their journals let their histories be decided again.
func newKind(store storage.Store) (*instanceKind, error) {
	return supervision.NewKind(kindName, machine, store, &supervision.KindOptions[instance, state, event]{Elements: parts, Journal: true})
}

// addParts gives a new instance its parts.
func addParts(t supervision.Outbound) error {
	for phase, size := range sizes {
		for i := range size {
			parts.Add(t, partName(phase, i), phase, part{})
		}
	}
	return nil
}

func in(open ...state) func(state) bool {
	return func(s state) bool { return slices.Contains(open, s) }
}

// order has each part do something. One that is ordered again is at it already.
func order(from state, what event) func(supervision.Outbound, supervision.Step, []*supervision.Element[part, state]) error {
	return func(t supervision.Outbound, _ supervision.Step, els []*supervision.Element[part, state]) error {
		for _, el := range els {
			if el.State == from {
				if err := parts.Fire(t, el, what); err != nil {
					return err
				}
			}
			act.Emit(t, what, supervision.ForElement(el.Name), supervision.StepKey())
		}
		return nil
	}
}

// decide is the decider of instances, and what an order does as well.
func decide(t *instanceTurn) error {
	for _, m := range t.Messages {
		if err := hear(t, m); err != nil {
			return err
		}
	}
	var steps *phases
	switch t.State {
	case starting:
		steps = startAll
	case stopping:
		steps = stopAll
	default:
		return nil // it rests, and what was said to it comes late
	}
	step, err := steps.Advance(t)
	if err != nil || !step.Done {
		return err
	}
	t.Data.Ended++
	return t.Fire(done)
}

// hear moves the part whose order was carried out.
func hear(t *instanceTurn, m supervision.Message) error {
	_, failure, ok := act.Outcome(m)
	el, known := parts.Get(t, m.Element)
	switch {
	case !ok || !known:
		return fmt.Errorf("message %q about part %q cannot be understood", m.Name, m.Element)
	case !in(starting, stopping)(el.State):
		t.Ignore(m, "the part has answered before")
		return nil
	case failure != nil:
		return parts.Fire(t, el, giveUp)
	}
	return parts.Fire(t, el, done)
}
