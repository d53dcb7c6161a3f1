// Package cloud is a simulated EC2: it launches agents as processes of this machine, slowly, and not always well. Package main runs it as a
// process of its own, and asks it over HTTP.
package cloud

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// Options are how a cloud is.
type Options struct {
	// Seed draws what goes wrong, Beat is what all times go by.
	Seed uint64
	Beat time.Duration
	// Boot starts what an instance runs under its token, with what it was launched with.
	Boot func(ctx context.Context, token, userData string) (Machine, error)
}

// A Machine is what runs in an instance.
type Machine interface {
	// Kill ends it at once, Stop lets it end what it does. Both return when it has ended.
	Kill()
	Stop()
	// Ended is closed when it has ended.
	Ended() <-chan struct{}
}

// Counts say what happened.
type Counts struct {
	// Launched instances were, Refused launches failed, Unheard instances came up although the launch was answered with an error.
	Launched int `json:"launched"`
	Refused  int `json:"refused"`
	Unheard  int `json:"unheard"`
	// Zombies run without an agent. Killed were while their agent worked, Terminated when somebody asked for it.
	Zombies    int `json:"zombies"`
	Killed     int `json:"killed"`
	Terminated int `json:"terminated"`
}

// A Cloud has instances. It is safe for concurrent use.
type Cloud struct {
	ctx context.Context
	o   Options

	mu        sync.Mutex
	random    *rand.Rand
	troubles  []trouble // that are still to come
	instances map[string]*instance
	forbidden map[string]bool // tokens under which nothing runs any more
	counts    Counts
	running   sync.WaitGroup
}

// A trouble is what goes wrong with a launch.
type trouble int

const (
	refused trouble = iota
	unheard
	zombie
	none
)

// New returns a cloud whose instances run until ctx ends. Each trouble happens once, in an order that the seed draws.
func New(ctx context.Context, o Options) *Cloud {
	c := &Cloud{
		ctx: ctx, o: o, random: rand.New(rand.NewPCG(o.Seed, 0)),
		troubles: []trouble{refused, unheard, zombie}, instances: map[string]*instance{}, forbidden: map[string]bool{},
	}
	c.random.Shuffle(len(c.troubles), func(i, j int) { c.troubles[i], c.troubles[j] = c.troubles[j], c.troubles[i] })
	return c
}

// Wait returns when ctx has ended, and nothing runs any more.
func (c *Cloud) Wait() {
	<-c.ctx.Done()
	c.running.Wait()
}

var (
	errCapacity = errors.New("InsufficientInstanceCapacity: there is no capacity for another instance")
	errInternal = errors.New("InternalError: nobody knows what became of it")
)

// Launch launches an instance, or returns the one that has the token.
func (c *Cloud) Launch(token, userData string) (scan.Instance, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.instances[token]; i != nil {
		return i.Instance, nil
	}
	if c.forbidden[token] {
		return scan.Instance{Token: token, Gone: true}, nil
	}
	t := none
	if len(c.troubles) > 0 {
		t, c.troubles = c.troubles[0], c.troubles[1:]
	}
	if t == refused {
		c.counts.Refused++
		return scan.Instance{}, errCapacity
	}
	c.counts.Launched++
	i := c.begin(token, userData, t == zombie)
	switch t {
	case unheard:
		c.counts.Unheard++
		return scan.Instance{}, errInternal
	case zombie:
		c.counts.Zombies++
	}
	return i.Instance, nil
}

// List returns the instances that nobody has terminated.
func (c *Cloud) List() []scan.Instance {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := []scan.Instance{}
	for _, i := range c.instances {
		out = append(out, i.Instance)
	}
	slices.SortFunc(out, func(a, b scan.Instance) int { return number(a) - number(b) })
	return out
}

func number(i scan.Instance) int {
	n, _ := strconv.Atoi(i.ID[len(prefix):])
	return n
}

// Terminate ends an instance for good, and returns when nothing of it runs any more.
func (c *Cloud) Terminate(token string) {
	c.mu.Lock()
	c.forbidden[token] = true
	i := c.instances[token]
	c.mu.Unlock()
	if i == nil {
		return
	}
	i.end()
	<-i.over
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.instances[token] != nil {
		delete(c.instances, token)
		c.counts.Terminated++
	}
}

// Kill kills what runs in an instance, as when its host breaks down. It is false if nothing does.
func (c *Cloud) Kill(token string) bool {
	c.mu.Lock()
	i := c.instances[token]
	c.mu.Unlock()
	return i != nil && i.kill()
}

// Counts returns what happened so far.
func (c *Cloud) Counts() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts
}
