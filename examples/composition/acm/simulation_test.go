package acm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
	"github.com/reeve-go/reeve/supervision/supervisiontest"
)

// Whatever crashes, stalls, gets lost, comes twice or comes late: a phase begins when the one before is
// done, the words say what the state says, and in the end nobody waits for anything, elements are where
// their instance is, and participants have been told how it stands.
func TestSimulation(t *testing.T) {
	t.Parallel()
	supervisiontest.Simulate(t, func(sim *supervisiontest.Sim) error {
		w := &outside{sim: sim, done: map[string]bool{}, told: map[string]bool{}}
		var err error
		if w.Estate, err = New(sim.Store(), w.options()); err == nil {
			err = w.prepare()
		}
		if err != nil {
			return err
		}
		sim.Process(w.wire)
		for _, order := range []Event{Deploy, Undeploy, Lock, Unlock, Delete, Prepare, Review, Precheck, UpdateRevert, MigrationRevert} {
			sim.Action(string(order), func(ctx context.Context) error {
				_, err := w.Order(ctx, w.pick(), order)
				return tolerate(err)
			})
		}
		sim.Action("update", func(ctx context.Context) error {
			size := json.RawMessage(strconv.Itoa(sim.Intn(5)))
			_, err := w.Update(ctx, w.pick(), map[string]Properties{"web": {"size": size}})
			return tolerate(err)
		})
		sim.Action("migrate", func(ctx context.Context) error {
			elements := w.elements()
			delete(elements, supervisiontest.Pick(sim, "db2", "web"))
			_, err := w.Migrate(ctx, w.pick(), supervisiontest.Pick(sim, "d", "e"), elements)
			return tolerate(err)
		})
		sim.Action("heartbeat", func(ctx context.Context) error {
			return w.Hear(ctx, "P", Life{Replica: "r", Types: []string{supervisiontest.Pick(sim, "x", "y")}})
		})
		supervisiontest.Watch(sim, w.Instances)
		sim.Always("the words say what the state says", w.words)
		sim.Always("no participant is asked before its phase", w.inPhases)
		sim.Finally("nothing is under way", w.settled)
		sim.Finally("participants know how each instance stands", w.known)
		return nil
	}, nil)
}

// tolerate takes it that an order cannot be given now.
func tolerate(err error) error {
	if errors.Is(err, ErrNoReplica) || errors.Is(err, ErrHalfMigrated) {
		return nil
	}
	return err
}

// An outside is participants that remember what they did, and answer over a bad network.
type outside struct {
	*Estate

	sim  *supervisiontest.Sim
	done map[string]bool // operation and element
	told map[string]bool // revisions
}

func (w *outside) options() *Options {
	return &Options{Wait: time.Hour, Resend: time.Minute, Overall: 12 * time.Hour, Silence: 3 * time.Hour}
}

func (w *outside) pick() string { return supervisiontest.Pick(w.sim, "a", "b") }

// elements are those of a new instance.
func (w *outside) elements() map[string]Element {
	return map[string]Element{
		"db1": {Node: "db", Version: "1", Participant: "P"},
		"db2": {Node: "db", Version: "1", Participant: "P"},
		"web": {Node: "web", Version: "1", Participant: "P"},
	}
}

// prepare makes two primed definitions, and two instances of the first.
func (w *outside) prepare() error {
	ctx := w.sim.Context()
	if err := w.Participants.Create(ctx, "P", Participant{}); err != nil {
		return err
	}
	err := w.Participants.Change(ctx, "P", func(t *ParticipantTurn) error {
		w.noteLife(t, Life{Replica: "r"})
		return nil
	})
	for _, id := range []string{"d", "e"} {
		if err == nil {
			err = w.prime(ctx, id)
		}
	}
	for _, id := range []string{"a", "b"} {
		if err == nil {
			err = w.CreateInstance(ctx, id, "d", w.elements())
		}
	}
	return err
}

// prime makes a definition, as if its participant had been primed.
func (w *outside) prime(ctx context.Context, id string) error {
	d := Definition{Nodes: map[string]Node{
		"db":  {Version: "1", Properties: Properties{"startPhase": json.RawMessage("0")}},
		"web": {Version: "1", Properties: Properties{"startPhase": json.RawMessage("1"), "stage": json.RawMessage("[0, 1]")}},
	}}
	if err := w.CreateDefinition(ctx, id, d, map[string]string{"db": "P", "web": "P"}); err != nil {
		return err
	}
	if _, err := w.OrderDefinition(ctx, id, Prime); err != nil {
		return err
	}
	return w.Definitions.Fire(ctx, id, Finished, func(t *DefinitionTurn) error {
		t.Data.State = primed
		return nil
	})
}

// wire is what each supervisor does when it starts.
func (w *outside) wire(p *supervisiontest.Process) error {
	e, err := New(p.Store(), w.options())
	if err != nil {
		return err
	}
	sup := p.Supervisor()
	e.Supervise(sup)
	supervision.Perform(sup, Ordered, w.order, nil)
	supervision.Perform(sup, PrimeOrdered, func(context.Context, supervision.Call, PrimeOrder) (None, error) { return None{}, nil }, nil)
	supervision.Perform(sup, Restarted, func(context.Context, supervision.Call, Restart) (None, error) { return None{}, nil }, nil)
	supervision.Perform(sup, Synced, func(_ context.Context, _ supervision.Call, s Sync) (None, error) {
		w.told[s.Revision] = true
		return None{}, nil
	}, nil)
	return nil
}

// order does what a participant is asked, badly now and then, and answers.
func (w *outside) order(_ context.Context, c supervision.Call, o Order) (None, error) {
	w.done[c.Operation+" "+o.Element] = true
	answer := o.Done()
	if next := 1; o.Order == Migrate && o.Node == "web" && o.Step == 0 && o.Migration != removed {
		answer = Ack{Deploy: migrating, Lock: locked, Stage: &next}
	}
	if w.sim.Intn(20) == 19 {
		answer.Deploy, answer.Lock, answer.Result = o.Words.Deploy, o.Words.Lock, failed
	}
	supervisiontest.Send(w.sim, Acked, w.Instances, o.Instance, answer, supervision.About(c.Operation, c.Step), supervision.ToElement(o.Element))
	return None{}, nil
}

// instances calls f with each instance and its elements.
func (w *outside) instances(ctx context.Context, f func(supervision.Record[Instance, State], []storage.Element) error) error {
	for r, err := range w.Instances.List(ctx, nil) {
		var elements []storage.Element
		for el, failed := range w.sim.Store().Elements(ctx, r.Key, storage.ElementQuery{}) {
			if err == nil {
				err = failed
			}
			elements = append(elements, el)
		}
		if err == nil {
			err = f(r, elements)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *outside) words(ctx context.Context) error {
	return w.instances(ctx, func(r supervision.Record[Instance, State], _ []storage.Element) error {
		if words, result := standing(r.State); words != r.Data.Words || result != r.Data.Result {
			return fmt.Errorf("%s is %q and says %v with %s", r.Key, r.State, r.Data.Words, r.Data.Result)
		}
		return nil
	})
}

func (w *outside) inPhases(ctx context.Context) error {
	return w.instances(ctx, func(r supervision.Record[Instance, State], elements []storage.Element) error {
		if r.State != Deploying && r.State != Unlocking {
			return nil
		}
		phase, err := strconv.Atoi(r.Step)
		if err != nil {
			return err
		}
		for _, el := range elements {
			if el.Group > phase && w.done[r.Operation+" "+el.Name] {
				return fmt.Errorf("%s of %s is in phase %d and was asked in phase %d", el.Name, r.Key, el.Group, phase)
			}
		}
		return nil
	})
}

func (w *outside) settled(ctx context.Context) error {
	return w.instances(ctx, func(r supervision.Record[Instance, State], elements []storage.Element) error {
		op := operationAt(r.State)
		if op != nil && r.State == op.working {
			return fmt.Errorf("%s is %s since %v", r.Key, r.State, r.Since)
		}
		for _, el := range elements {
			if op == nil && State(el.State) != r.State {
				return fmt.Errorf("%s is %s, and its %s is %s", r.Key, r.State, el.Name, el.State)
			}
		}
		return nil
	})
}

func (w *outside) known(ctx context.Context) error {
	return w.instances(ctx, func(r supervision.Record[Instance, State], _ []storage.Element) error {
		if revision := r.Data.Revision; revision != "" && !w.told[revision] {
			return fmt.Errorf("nobody was told that %s is %s", r.Key, r.State)
		}
		return nil
	})
}
