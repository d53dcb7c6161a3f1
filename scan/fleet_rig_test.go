package scan

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
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

var (
	errCloudAway  = errors.New("the cloud is away")
	errCloudQuota = errors.New("the quota is used up")
)

// A fakeMachine is an instance of the fake provider, with an agent in it, if all goes well.
type fakeMachine struct {
	token string
	ended chan struct{} // the machine has
	gone  bool
	// How its agent is.
	dead, hung bool
	busy       int
	says       Beat  // besides what it is
	told       Order // last
}

// A fakeProvider launches machines whose agents boot for a while and then beat each ten seconds.
type fakeProvider struct {
	desk func(ctx context.Context, b Beat) (Order, error)

	mu         sync.Mutex
	machines   map[string]*fakeMachine
	terminated map[string]bool
	launches   []string // the tokens that something was started under
	most       int      // machines at a time
	boot       time.Duration
	every      time.Duration        // agents beat
	stalled    bool                 // launches never answer
	born       func(m *fakeMachine) // may change a new one
	launch     func() (err error, after bool)
	terminate  func() error
	unlisted   func(token string) bool
	extra      []Instance
	agents     sync.WaitGroup
}

func newProvider() *fakeProvider {
	return &fakeProvider{machines: map[string]*fakeMachine{}, terminated: map[string]bool{}, boot: time.Minute, every: 10 * time.Second}
}

// be changes how the provider and its machines behave.
func (p *fakeProvider) be(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *fakeProvider) Launch(ctx context.Context, token string, _ AgentSpec) (Instance, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stalled {
		p.mu.Unlock()
		<-ctx.Done()
		p.mu.Lock()
		return Instance{}, ctx.Err()
	}
	if p.terminated[token] {
		return Instance{Token: token, Gone: true}, nil
	}
	var err error
	after := false
	if p.launch != nil {
		err, after = p.launch()
	}
	if err != nil && !after {
		return Instance{}, err
	}
	m := p.machines[token]
	if m == nil {
		m = &fakeMachine{token: token, ended: make(chan struct{})}
		if p.born != nil {
			p.born(m)
		}
		p.machines[token] = m
		p.launches = append(p.launches, token)
		p.most = max(p.most, p.runningLocked())
		boot, every := p.boot, p.every
		p.agents.Go(func() { p.agent(m, boot, every) })
	}
	if err != nil {
		return Instance{}, err
	}
	return Instance{Token: token, ID: "i-" + token, Gone: m.gone}, nil
}

func (p *fakeProvider) Terminate(_ context.Context, token string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminate != nil {
		if err := p.terminate(); err != nil {
			return err
		}
	}
	p.terminated[token] = true
	p.extra = slices.DeleteFunc(p.extra, func(is Instance) bool { return is.Token == token })
	p.endLocked(p.machines[token])
	return nil
}

func (p *fakeProvider) endLocked(m *fakeMachine) {
	if m != nil && !m.gone {
		m.gone = true
		close(m.ended)
	}
}

func (p *fakeProvider) List(context.Context) iter.Seq2[Instance, error] {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := slices.Clone(p.extra)
	for _, token := range slices.Sorted(maps.Keys(p.machines)) {
		if p.unlisted == nil || !p.unlisted(token) {
			out = append(out, Instance{Token: token, ID: "i-" + token, Gone: p.machines[token].gone})
		}
	}
	return func(yield func(Instance, error) bool) {
		for _, is := range out {
			if !yield(is, nil) {
				return
			}
		}
	}
}

// agent beats until its machine ends. What it is told to do it does at once.
func (p *fakeProvider) agent(m *fakeMachine, boot, every time.Duration) {
	b := Beat{Agent: m.token, Width: 2}
	for wait := boot; ; wait = every {
		select {
		case <-m.ended:
			return
		case <-time.After(wait):
		}
		p.mu.Lock()
		dead, desk := m.dead, p.desk
		b.Busy, b.Idle, b.Drained = m.busy, m.says.Idle, m.says.Drained || m.told == Drain && m.busy == 0
		if !m.hung {
			b.Worked++
		}
		p.mu.Unlock()
		if dead {
			continue
		}
		order, err := desk(context.Background(), b)
		p.mu.Lock()
		if err == nil {
			m.told = order
		}
		if order == Stop {
			m.dead = true // the agent has ended, and its machine still runs
		}
		p.mu.Unlock()
	}
}

func (p *fakeProvider) runningLocked() int {
	n := 0
	for _, m := range p.machines {
		if !m.gone {
			n++
		}
	}
	return n
}

// running returns the machines that run, in the order in which they were launched.
func (p *fakeProvider) running() []*fakeMachine {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []*fakeMachine
	for _, token := range p.launches {
		if m := p.machines[token]; !m.gone {
			out = append(out, m)
		}
	}
	return out
}

func (p *fakeProvider) launched() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.launches)
}

// fleetRig is an estate with one fleet, and one record that asks it for places.
type fleetRig struct {
	*testing.T

	store  storage.Store
	fleet  *Fleet
	cloud  *fakeProvider
	askers *supervision.Kind[asker, askerState, askerEvent]
	log    *strings.Builder
	stop   func()
}

type (
	askerState string
	askerEvent string
	// asker is what a pool would be: it wants places, and is told how many there are.
	asker struct {
		Places int   `json:"places"`
		Told   []int `json:"told"`
	}
)

var (
	askerMachine = fsm.MustCompile(fsm.Definition[askerState, askerEvent]{
		Name: "asker", Initial: "there", States: fsm.States[askerState, askerEvent]{"there": {Mode: fsm.Resting}},
	})
	askerPlaces = supervision.NewMessage[int]("places")
)

// fleetEstate runs f in a bubble of virtual time, with a supervisor at work.
func fleetEstate(t *testing.T, o FleetOptions, f func(r *fleetRig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &fleetRig{T: t, store: memory.New(nil), cloud: newProvider(), log: &strings.Builder{}}
		r.start(o)
		defer r.end()
		f(r)
	})
}

// start has a supervisor work, as a program does that is started, or started again.
func (r *fleetRig) start(o FleetOptions) {
	r.Helper()
	var err error
	if r.askers, err = supervision.NewKind[asker]("asker", askerMachine, r.store, nil); err != nil {
		r.Fatal(err)
	}
	o.Capacity = func(t supervision.Outbound, places int) { askerPlaces.Send(t, r.askers.Key("pool"), places) }
	if r.fleet, err = NewFleet(r.store, "web", r.cloud, &o); err != nil {
		r.Fatal(err)
	}
	fleet := r.fleet
	r.cloud.be(func() { r.cloud.desk = fleet.Beat })
	s, err := supervision.New(&supervision.Options{Logger: slog.New(slog.NewTextHandler(r.log, nil)), Verify: true})
	if err != nil {
		r.Fatal(err)
	}
	if err := r.fleet.Supervise(s); err != nil {
		r.Fatal(err)
	}
	supervision.Supervise(s, r.askers, func(t *supervision.Turn[asker, askerState, askerEvent]) error {
		for _, m := range t.Messages {
			if n, ok := askerPlaces.Body(m); ok {
				t.Data.Places, t.Data.Told = n, append(t.Data.Told, n)
			}
		}
		return nil
	})
	if err := r.askers.Create(r.Context(), "pool", asker{Places: -1}); err != nil && !errors.Is(err, storage.ErrExists) {
		r.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	r.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			r.Error(err)
		}
	}
}

// end ends everything, machines as well.
func (r *fleetRig) end() {
	r.stop()
	r.cloud.be(func() {
		for _, m := range r.cloud.machines {
			r.cloud.endLocked(m)
		}
	})
	r.cloud.agents.Wait()
}

// demand says how many jobs wait for a place and have one.
func (r *fleetRig) demand(waiting, held int) {
	r.Helper()
	r.do(r.askers.Change(r.Context(), "pool", func(t *supervision.Turn[asker, askerState, askerEvent]) error {
		r.fleet.Demand(t, waiting, held)
		return nil
	}))
}

func (r *fleetRig) do(err error) {
	r.Helper()
	if err != nil {
		r.Error(err)
	}
}

func (r *fleetRig) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// states returns where the agents are, as "2 busy, 1 idle", in alphabetical order.
func (r *fleetRig) states() string {
	r.Helper()
	rec, err := r.fleet.Records.Get(r.Context(), "web")
	if err != nil {
		r.Fatal(err)
	}
	if rec.Status != storage.OK || rec.Failures > 0 {
		r.Fatalf("the fleet is %v after %d failures: %s", rec.Status, rec.Failures, rec.Reason)
	}
	count := map[AgentState]int{}
	for el, err := range r.fleet.Agents(r.Context()) {
		if err != nil {
			r.Fatal(err)
		}
		count[el.State]++
	}
	var out []string
	for _, s := range slices.Sorted(maps.Keys(count)) {
		out = append(out, fmt.Sprint(count[s], " ", s))
	}
	return strings.Join(out, ", ")
}

// want checks where the agents are, how many machines run, and how many places the pool knows.
func (r *fleetRig) want(states string, running, places int) {
	r.Helper()
	if got := r.states(); got != states {
		r.Errorf("the agents are %q; %q is right\n%s", got, states, r.log)
	}
	if got := len(r.cloud.running()); got != running {
		r.Errorf("%d machines run; %d are right", got, running)
	}
	if pool, err := r.askers.Get(r.Context(), "pool"); err != nil || pool.Data.Places != places {
		r.Errorf("the pool knows of %d places, %v; %d are right", pool.Data.Places, err, places)
	}
}

func (r *fleetRig) record() supervision.Record[FleetRecord, FleetState] {
	r.Helper()
	rec, err := r.fleet.Records.Get(r.Context(), "web")
	if err != nil {
		r.Fatal(err)
	}
	return rec
}
