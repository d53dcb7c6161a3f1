package refresh_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/internal/inventorytest"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A fakeCloud has hosts and vms, by manager. It counts who reads it, and can be slow, broken or stuck.
type fakeCloud struct {
	mu    sync.Mutex
	hosts map[string][]string          // manager → hosts
	vms   map[string]map[string]string // manager → vm → its host
	reads []reading
	open  int // collectors that are not closed

	slow   map[string]time.Duration // manager → how long a full reading takes
	quick  time.Duration            // how long a targeted reading takes
	broken map[string]error         // manager → what reading it ends with
	half   error                    // what reading vms ends with, after the first
	stuck  bool                     // readings end with their context only
}

// A reading is one refresh of the cloud.
type reading struct {
	at      time.Time
	manager string
	targets string // empty: all
}

func newCloud() *fakeCloud {
	return &fakeCloud{hosts: map[string][]string{}, vms: map[string]map[string]string{}, slow: map[string]time.Duration{}, broken: map[string]error{}}
}

func (c *fakeCloud) set(manager, vm, host string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.vms[manager] == nil {
		c.vms[manager] = map[string]string{}
	}
	if !slices.Contains(c.hosts[manager], host) {
		c.hosts[manager] = append(c.hosts[manager], host)
	}
	c.vms[manager][vm] = host
}

// be changes how the cloud behaves.
func (c *fakeCloud) be(f func(c *fakeCloud)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c)
}

func (c *fakeCloud) unset(manager, vm string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.vms[manager], vm)
}

// Full and Targeted make it a Collector.
func (c *fakeCloud) Full(ctx context.Context, manager string) (*view, error) {
	return c.read(ctx, manager, nil)
}

func (c *fakeCloud) Targeted(ctx context.Context, manager string, t *refresh.Targets) (*view, error) {
	inv, err := estatePersister.Inventory()
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	rows, err := inv.VMs.Targets(t)
	for _, vm := range rows {
		wanted[vm.Ref] = true
	}
	if err != nil {
		return nil, err
	}
	return c.read(ctx, manager, wanted)
}

// estatePersister is only for its declarations.
var estatePersister = sync.OnceValue(func() *refresh.Persister[*estate] {
	in, err := memory.NewInventory()
	if err != nil {
		panic(err)
	}
	p, err := refresh.NewPersister(declare, in, nil)
	if err != nil {
		panic(err)
	}
	return p
})()

func (c *fakeCloud) read(ctx context.Context, manager string, wanted map[string]bool) (*view, error) {
	c.mu.Lock()
	takes := c.slow[manager]
	if wanted != nil {
		takes = c.quick
	}
	c.reads = append(c.reads, reading{time.Now(), manager, strings.Join(slices.Sorted(maps.Keys(wanted)), " ")})
	v := &view{cloud: c, hosts: slices.Clone(c.hosts[manager]), vms: maps.Clone(c.vms[manager]), half: c.half}
	broken, stuck := c.broken[manager], c.stuck
	c.mu.Unlock()
	if wanted != nil {
		maps.DeleteFunc(v.vms, func(vm, _ string) bool { return !wanted[vm] })
	}
	if stuck {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-time.After(takes):
	}
	if broken != nil {
		return nil, broken
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open++
	return v, nil
}

// readings returns what was read of a manager: its targets, or "all".
func (c *fakeCloud) readings(manager string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, r := range c.reads {
		switch {
		case r.manager != manager:
		case r.targets == "":
			out = append(out, "all")
		default:
			out = append(out, r.targets)
		}
	}
	return out
}

// A view is what a parser reads: the cloud as it was when it was collected.
type view struct {
	cloud *fakeCloud
	hosts []string
	vms   map[string]string
	half  error
}

func (v *view) Close() error {
	v.cloud.mu.Lock()
	defer v.cloud.mu.Unlock()
	v.cloud.open--
	return nil
}

var errHalf = errors.New("the page after the first was not to be had")

func parseHosts(_ context.Context, v *view, inv *estate) error {
	for _, host := range v.hosts {
		inv.Hosts.Build(Host{Ref: host, Name: "host " + host})
	}
	inv.Hosts.Complete()
	return nil
}

func parseVMs(_ context.Context, v *view, inv *estate) error {
	for _, vm := range slices.Sorted(maps.Keys(v.vms)) {
		inv.VMs.Build(VM{Ref: vm, Name: "vm " + vm, UUID: vm, Host: inv.Hosts.LazyFind(v.vms[vm])})
		if v.half != nil {
			return v.half
		}
	}
	inv.VMs.Complete()
	inv.Disks.Complete()
	return nil
}

var parsers = []refresh.Parser[*view, *estate]{
	{Name: "hosts", Parse: parseHosts, Fills: func(inv *estate) []refresh.Filled { return []refresh.Filled{inv.Hosts} }},
	{Name: "vms", Parse: parseVMs, Fills: func(inv *estate) []refresh.Filled { return []refresh.Filled{inv.VMs} }},
}

// A post is a refresher with all that it needs, in virtual time.
type post struct {
	tester

	cloud     *fakeCloud
	store     storage.Store
	inventory *memory.Inventory
	persister *refresh.Persister[*estate]
	refresher *refresh.Refresher[*view, *estate]
	stops     []func() // of the supervisors
}

// A tester is a test, a random one or not.
type tester interface {
	rapid.TB

	Context() context.Context
	Cleanup(func())
}

// atPost runs f in virtual time with a refresher that a supervisor keeps.
func atPost(t *testing.T, o *refresh.RefresherOptions, f func(p *post)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, o)
		p.supervise(nil)
		f(p)
		for _, stop := range p.stops { // a refresh that nobody waits for may be under way
			stop()
		}
		if p.cloud.open != 0 {
			t.Errorf("%d collectors were not closed", p.cloud.open)
		}
	})
}

func newPost(t tester, o *refresh.RefresherOptions) *post {
	t.Helper()
	p := &post{tester: t, cloud: newCloud(), store: memory.New(nil), inventory: inventory(t)}
	var err error
	p.persister, err = refresh.NewPersister(declare, p.inventory, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.refresher = p.another(o)
	return p
}

// another returns a refresher as another program has it.
func (p *post) another(o *refresh.RefresherOptions) *refresh.Refresher[*view, *estate] {
	p.Helper()
	quiet := refresh.RefresherOptions{}
	if o != nil {
		quiet = *o
	}
	quiet.Logger = slog.New(slog.DiscardHandler)
	r, err := refresh.NewRefresher(p.store, p.cloud, p.persister, parsers, &quiet)
	if err != nil {
		p.Fatal(err)
	}
	return r
}

// supervise has a supervisor run until the test, or what it returns, ends it.
func (p *post) supervise(o *supervision.Options) (stop func()) {
	p.Helper()
	return p.superviseAs(p.refresher, o)
}

func (p *post) superviseAs(r *refresh.Refresher[*view, *estate], o *supervision.Options) (stop func()) {
	p.Helper()
	if o == nil {
		o = &supervision.Options{}
	}
	o.Logger, o.Verify = slog.New(slog.DiscardHandler), true
	s, err := supervision.New(o)
	if err != nil {
		p.Fatal(err)
	}
	r.Supervise(s)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil && !strings.Contains(err.Error(), "are given back") {
			p.Error(err)
		}
	})
	p.stops = append(p.stops, stop)
	p.Cleanup(stop)
	return stop
}

func (p *post) ok(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// await waits until a manager rests, and returns what is known of it.
func (p *post) await(manager string) refresh.Manager {
	p.Helper()
	m, err := p.refresher.Await(p.Context(), manager)
	if err != nil {
		p.Fatal(err)
	}
	return m
}

func (p *post) get(manager string) supervision.Record[refresh.Manager, refresh.ManagerState] {
	p.Helper()
	r, err := p.refresher.Managers.Get(p.Context(), manager)
	p.ok(err)
	return r
}

// targets names vms.
func (p *post) targets(vms ...string) *refresh.Targets {
	p.Helper()
	inv, err := p.persister.Inventory()
	p.ok(err)
	var t refresh.Targets
	for _, vm := range vms {
		p.ok(inv.VMs.Target(&t, VM{Ref: vm}))
	}
	return &t
}

// vms returns what the inventory has of a manager: each vm with the name of its host.
func (p *post) vms(manager string) []string {
	p.Helper()
	out, err := inventorytest.Machines(p.Context(), p.inventory, manager)
	p.ok(err)
	return out
}
