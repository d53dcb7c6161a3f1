package supervisiontest_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
	"github.com/reeve-go/reeve/supervision/supervisiontest"
)

// A node is powered on, and calls back when it has booted.
type node struct {
	Why   string
	Boots int
}

type (
	state string
	event string
	turn  = supervision.Turn[node, state, event]
	kind  = supervision.Kind[node, state, event]
)

const (
	off      state = "off"
	starting state = "starting"
	booting  state = "booting"
	on       state = "on"
	failed   state = "failed"

	start    event = "start"
	powered  event = "powered"
	booted   event = "booted"
	giveUp   event = "give up"
	timedOut event = "timed out"
	stop     event = "stop"
)

var machine = fsm.MustCompile(fsm.Definition[state, event]{
	Name:    "node",
	Initial: off,
	States: fsm.States[state, event]{
		off: {Mode: fsm.Resting}, on: {Mode: fsm.Resting}, failed: {Mode: fsm.Resting},
		starting: {Mode: fsm.Active, After: 10 * time.Minute, Then: timedOut},
		booting:  {Mode: fsm.Waiting, After: 30 * time.Minute, Then: timedOut},
	},
	Table: fsm.Table[state, event]{
		off:      {start: starting},
		failed:   {start: starting, stop: off},
		starting: {powered: booting, giveUp: failed, timedOut: failed, stop: off},
		booting:  {booted: on, timedOut: failed, stop: off},
		on:       {stop: off},
	},
})

var (
	powerOn = supervision.NewEffect[string, int]("power-on")
	ramdisk = supervision.NewMessage[string]("ramdisk")
)

func decide(t *turn) error {
	if t.State == starting {
		powerOn.Emit(t, t.Key.ID, supervision.Once())
	}
	for _, m := range t.Messages {
		if _, err, ok := powerOn.Outcome(m); ok && t.State == starting {
			if err != nil {
				t.Data.Why = err.Error()
				return t.Fire(giveUp)
			}
			if err := t.Fire(powered); err != nil {
				return err
			}
		}
		if _, ok := ramdisk.Body(m); ok && (t.State == booting || t.State == starting) {
			if t.State == starting { // the node was faster than the answer
				if err := t.Fire(powered); err != nil {
					return err
				}
			}
			t.Data.Boots++
			return t.Fire(booted)
		}
	}
	if t.Expired != supervision.NotExpired {
		t.Data.Why = tooLong
	}
	return nil
}

// An estate is the program under test. A mutant of it differs in one thing.
type estate struct {
	decide  func(*turn) error
	journal bool
	inTime  bool // no node may take too long
}

// A bmc is the outside: it does what one key stands for once, and the node that it powers on calls
// back.
type bmc struct {
	sim   *supervisiontest.Sim
	nodes *kind

	mu    sync.Mutex
	done  map[string]bool   // by idempotency key
	keyOf map[string]string // by operation
	wrong error
}

func (b *bmc) powerOn(_ context.Context, c supervision.Call, id string) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if other, ok := b.keyOf[c.Operation]; ok && other != c.Key {
		b.wrong = fmt.Errorf("%s was powered on twice for one operation", c.From)
	}
	b.keyOf[c.Operation] = c.Key
	if !b.done[c.Key] {
		supervisiontest.Send(b.sim, ramdisk, b.nodes, id, "booted", supervision.About(c.Operation, ""))
	}
	b.done[c.Key] = true
	return 230, nil
}

func (b *bmc) check(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.wrong
}

func newNodes(store storage.Store, journal bool) (*kind, error) {
	return supervision.NewKind("node", machine, store, &supervision.KindOptions[node, state, event]{Journal: journal})
}

func (e *estate) setup(sim *supervisiontest.Sim) error {
	nodes, err := newNodes(sim.Store(), e.journal)
	if err != nil {
		return err
	}
	outside := &bmc{sim: sim, nodes: nodes, done: map[string]bool{}, keyOf: map[string]string{}}
	sim.Process(func(p *supervisiontest.Process) error {
		nodes, err := newNodes(p.Store(), e.journal)
		if err != nil {
			return err
		}
		supervision.Supervise(p.Supervisor(), nodes, e.decide, supervision.Emits(powerOn))
		supervision.Perform(p.Supervisor(), powerOn, outside.powerOn, nil)
		return nil
	})

	for i := range 3 {
		if err := nodes.Create(sim.Context(), strconv.Itoa(i), node{}); err != nil {
			return err
		}
	}
	anyNode := func() string { return strconv.Itoa(sim.Intn(3)) }
	sim.Action("start", func(ctx context.Context) error {
		_, err := nodes.Order(ctx, anyNode(), start, time.Hour, nil)
		return err
	})
	sim.Action("stop", func(ctx context.Context) error {
		return nodes.Fire(ctx, anyNode(), stop, nil)
	})

	supervisiontest.Watch(sim, nodes)
	sim.Always("a node that failed says why", func(ctx context.Context) error {
		for r, err := range nodes.List(ctx, nil) {
			if err != nil {
				return err
			}
			if r.State == failed && r.Data.Why == "" {
				return fmt.Errorf("%s does not", r.Key)
			}
			if e.inTime && r.Data.Why == tooLong {
				return fmt.Errorf("%s took too long, and nothing was slow", r.Key)
			}
		}
		return nil
	})
	sim.Always("a node is powered on once for each order", outside.check)
	sim.Finally("each node is at rest", supervisiontest.AtRest(nodes))
	if e.journal {
		sim.Finally("the history of each node replays", supervisiontest.Replays(nodes, e.decide))
	}
	return nil
}

const tooLong = "it took too long"
