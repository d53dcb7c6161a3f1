package supervision_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A kiln fires pots. Its data is what its decider wants to remember.
type kiln struct {
	Log []string
	N   int
}

type (
	kilnState  string
	kilnEvent  string
	kilnTurn   = supervision.Turn[kiln, kilnState, kilnEvent]
	kilnKind   = supervision.Kind[kiln, kilnState, kilnEvent]
	kilnRecord = supervision.Record[kiln, kilnState]
	kilnO      = supervision.KindOptions[kiln, kilnState, kilnEvent]
)

const (
	cold    kilnState = "cold"
	heating kilnState = "heating"
	firing  kilnState = "firing"
	cracked kilnState = "cracked"
	razed   kilnState = "razed"

	light   kilnEvent = "light"
	hot     kilnEvent = "hot"
	poke    kilnEvent = "poke"   // keeps the clock
	refuel  kilnEvent = "refuel" // restarts it
	giveUp  kilnEvent = "give up"
	cool    kilnEvent = "cool"
	rubble  kilnEvent = "rubble"
	heats             = 10 * time.Minute
	burns             = time.Hour
	instant           = time.Millisecond
)

var kilnMachine = fsm.MustCompile(fsm.Definition[kilnState, kilnEvent]{
	Name:    "kiln",
	Initial: cold,
	Starts:  []kilnState{heating, firing},
	States: fsm.States[kilnState, kilnEvent]{
		cold:    {Mode: fsm.Resting},
		heating: {Mode: fsm.Active, After: heats, Then: giveUp},
		firing:  {Mode: fsm.Waiting, After: burns, Then: giveUp},
		cracked: {Mode: fsm.Resting},
		razed:   {Mode: fsm.Final},
	},
	Table: fsm.Table[kilnState, kilnEvent]{
		cold:    {light: heating},
		heating: {hot: firing, cool: cold, giveUp: cracked},
		firing:  {cool: cold, light: heating, refuel: firing, giveUp: cracked},
		cracked: {light: heating},
		fsm.Any: {poke: fsm.Same, rubble: razed},
	},
})

// A yard is a store with kilns on it and a supervisor for them.
type yard struct {
	*testing.T

	memory *memory.Store
	store  storage.Store // as the supervisor sees it
	kilns  *kilnKind     // as the host sees them
	sup    *supervision.Supervisor
	log    *logBook
	turns  turnBook
	stops  []func() error
}

// What a test varies of its yard.
type plan struct {
	decide  supervision.Decider[kiln, kilnState, kilnEvent] // nil: does nothing
	options supervision.Options
	kind    *kilnO
	wrap    func(s *memory.Store) storage.Store // what the supervisor works on
	memory  *memory.Options
	prepare func(y *yard) // what else the supervisor is told
}

// inYard runs a test in a bubble of its own, in which time is virtual and no goroutine may be left.
func inYard(t *testing.T, p plan, test func(y *yard)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t, p)
		test(y)
		y.stop()
	})
}

func newYard(t *testing.T, p plan) *yard {
	t.Helper()
	y := &yard{T: t, memory: memory.New(p.memory), log: &logBook{}}
	y.store = y.memory
	if p.wrap != nil {
		y.store = p.wrap(y.memory)
	}
	y.kilns = y.kind(y.memory, p.kind)
	y.sup = y.supervisor(p)
	return y
}

// supervisor returns another one for the kilns of the yard.
func (y *yard) supervisor(p plan) *supervision.Supervisor {
	y.Helper()
	if p.decide == nil {
		p.decide = func(*kilnTurn) error { return nil }
	}
	p.options.Logger = slog.New(slog.NewTextHandler(y.log, nil))
	if p.options.Observer == nil {
		p.options.Observer = &supervision.Observer{Turned: y.turns.add}
	}
	sup, err := supervision.New(&p.options)
	y.ok(err)
	supervision.Supervise(sup, y.kind(y.store, p.kind), p.decide)
	y.sup = sup
	if p.prepare != nil {
		p.prepare(y)
	}
	return sup
}

func (y *yard) kind(s storage.Store, o *kilnO) *kilnKind {
	y.Helper()
	k, err := supervision.NewKind("kiln", kilnMachine, s, o)
	y.ok(err)
	return k
}

// run has the supervisor work until the returned function is called, which waits for it.
func (y *yard) run() (stop func() error) { return y.start(y.sup) }

func (y *yard) start(sup *supervision.Supervisor) (stop func() error) {
	ctx, cancel := context.WithCancel(y.Context())
	ended := make(chan error, 1)
	go func() { ended <- sup.Run(ctx) }()
	synctest.Wait() // it has begun
	stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	y.stops = append(y.stops, stop)
	return stop
}

// stop ends all that runs. Each must end without an error that the test has not seen.
func (y *yard) stop() {
	y.Helper()
	for _, stop := range y.stops {
		if err := stop(); err != nil && !strings.Contains(err.Error(), "did not end") {
			y.Error(err)
		}
	}
}

// pass lets some time pass, and all that can happen in it happen.
func (y *yard) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (y *yard) ok(err error) {
	y.Helper()
	if err != nil {
		y.Fatal(err)
	}
}

func (y *yard) create(id string, o ...supervision.CreateOption) {
	y.Helper()
	y.ok(y.kilns.Create(y.Context(), id, kiln{}, o...))
}

func (y *yard) fire(id string, e kilnEvent) {
	y.Helper()
	y.ok(y.kilns.Fire(y.Context(), id, e, nil))
}

// order begins an operation.
func (y *yard) order(id string, e kilnEvent, within time.Duration) string {
	y.Helper()
	op, err := y.kilns.Order(y.Context(), id, e, within, nil)
	y.ok(err)
	return op
}

func (y *yard) get(id string) kilnRecord {
	y.Helper()
	r, err := y.kilns.Get(y.Context(), id)
	y.ok(err)
	return r
}

// wants demands that a record is in a state.
func (y *yard) wants(id string, s kilnState) kilnRecord {
	y.Helper()
	r := y.get(id)
	if r.State != s {
		y.Errorf("%s is %s, want %s; it is %+v", id, r.State, s, r)
	}
	return r
}

// path is the states that a record went through, as its history tells.
func (y *yard) path(id string) string {
	y.Helper()
	var steps []string
	for l, err := range y.kilns.History(y.Context(), id) {
		y.ok(err)
		steps = append(steps, l.To)
	}
	return strings.Join(steps, " ")
}

// causes is why it did.
func (y *yard) causes(id string) string {
	y.Helper()
	var causes []string
	for l, err := range y.kilns.History(y.Context(), id) {
		y.ok(err)
		causes = append(causes, l.Cause)
	}
	return strings.Join(causes, "; ")
}

// messages tells what became of those to a record: their ids by status.
func (y *yard) messages(id string, status storage.MessageStatus) string {
	y.Helper()
	var ids []string
	for m, err := range y.memory.Messages(y.Context(), storage.MessageQuery{To: y.kilns.Key(id), Statuses: []storage.MessageStatus{status}}) {
		y.ok(err)
		ids = append(ids, m.ID)
	}
	return strings.Join(ids, " ")
}

// effects are the effects of a record, by their numbers.
func (y *yard) effects(id string) (all []storage.Effect) {
	y.Helper()
	for e, err := range y.memory.Effects(y.Context(), storage.EffectQuery{From: y.kilns.Key(id)}) {
		y.ok(err)
		all = append(all, e)
	}
	return all
}

// statuses are how far the effects of a record are.
func (y *yard) statuses(id string) string {
	y.Helper()
	var out []string
	for _, e := range y.effects(id) {
		out = append(out, fmt.Sprintf("%s:%s", e.Name, e.Status))
	}
	return strings.Join(out, " ")
}

// A logBook is what a supervisor logged.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// lines counts those that contain a text; all of them if it is empty.
func (b *logBook) lines(with string) int {
	n := 0
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, with) {
			n++
		}
	}
	return n
}

// A turnBook is what an observer was told of turns.
type turnBook struct {
	mu     sync.Mutex
	events []supervision.TurnEvent
}

func (b *turnBook) add(e supervision.TurnEvent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(b.events, e)
}

func (b *turnBook) of(id string) (events []supervision.TurnEvent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		if e.Key.ID == id {
			events = append(events, e)
		}
	}
	return events
}
