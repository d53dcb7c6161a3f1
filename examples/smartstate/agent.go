package main

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
)

// runAgent is the process of an agent.
func (o *orders) runAgent(ctx context.Context, ready func(any) error) error {
	w, leave, err := o.workplace(ctx)
	if err != nil {
		return err
	}
	defer leave()
	w.Replies = newUnruly(o, w.Replies)
	dirs, err := scan.NewDirOpener([]string{o.Target}, &scan.DirOptions{OneFileSystem: true})
	if err != nil {
		return err
	}
	w.Opener = &snapshotOpener{dirs}
	var pace atomic.Int32
	for _, s := range inspect.All() {
		w.Scanners = append(w.Scanners, leisurely{s, o, &pace})
	}
	a, err := scan.NewAgent(o.Token, w, &scan.AgentOptions{Lease: o.beats(leaseBeats), Beat: o.beats(5), Logger: complaints()})
	if err != nil {
		return err
	}
	if err := ready("ready"); err != nil {
		return err
	}
	return a.Run(ctx)
}

// workplace returns where an agent works. It reports to the job's record, where it reaches the store, or else over a network.
func (o *orders) workplace(ctx context.Context) (w scan.Workplace, leave func(), err error) {
	if o.Invitation != "" {
		return o.enter(ctx)
	}
	e, err := o.open(ctx)
	if err != nil {
		return w, nil, err
	}
	return scan.Workplace{Requests: e.requests, Replies: e.replies, Blobs: e.blobs, Desk: e.jobs}, e.close, nil
}

// progressBeats is for how long an agent may get no further, leaseBeats for how long its request is nobody else's. The lease is the longer one: the job
// finds out that the agent is lost, and asks for what is missing; who is given the old request drops it.
const (
	progressBeats = 40
	leaseBeats    = 90
)

// An unruly queue delivers everything twice, and some of it late, so that it overtakes itself.
type unruly struct {
	scan.Queue

	beat time.Duration

	mu     sync.Mutex
	random *rand.Rand
}

func newUnruly(o *orders, q scan.Queue) *unruly {
	_, number, _ := strings.Cut(o.Token, "-") // the rest of a token is another one each time
	of := fnv.New64()
	_, _ = of.Write([]byte(number))
	return &unruly{Queue: q, beat: o.Beat, random: rand.New(rand.NewPCG(o.Seed, of.Sum64()))}
}

func (u *unruly) Send(ctx context.Context, messages ...scan.Message) error {
	var all []scan.Message
	for _, m := range messages {
		again := m
		again.Key += " again"
		m.Delay, again.Delay = u.late(), u.late()
		all = append(all, m, again)
	}
	return u.Queue.Send(ctx, all...)
}

func (u *unruly) late() time.Duration {
	u.mu.Lock()
	defer u.mu.Unlock()
	return time.Duration(u.random.IntN(8)) * u.beat
}
