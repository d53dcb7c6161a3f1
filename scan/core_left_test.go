package scan_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/supervision"
)

// left checks how many requests are in the queue, whoever has them.
func (r *rig) left(want int) {
	r.Helper()
	stats, err := r.requests.Stats(r.Context())
	r.ok(err)
	if n := stats.Ready + stats.Leased + stats.Delayed; n != want {
		r.Errorf("in the queue are %+v; %d in all are right", stats, want)
	}
}

// A request that nobody waits for does not stay in its queue, and no other is taken back.
func TestCoreLeftRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []row{
		{"the agent died when it had replied", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(r.both("x", 1))
			r.is("one", scan.JobDone)
			r.left(1)
			time.Sleep(3 * time.Minute)
			r.left(0)
		}},
		{"the host still takes the results over", scan.Options{Save: takes(forEver)}, func(r *rig) {
			r.begun()
			r.say(r.both("x", 1))
			time.Sleep(3 * time.Minute)
			r.is("one", scan.JobSaving)
			r.left(0)
		}},
		{"another epoch goes on", scan.Options{}, func(r *rig) {
			r.begun()
			r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Last: true, Error: "busy", Class: scan.Trouble})
			time.Sleep(3 * time.Minute)
			if request, _ := r.take(); request.Epoch != 2 {
				r.Errorf("the request is %+v", request)
			}
			r.left(1)
		}},
		{"nobody has begun yet", scan.Options{}, func(r *rig) {
			r.wants("a")
			time.Sleep(10 * time.Minute)
			r.left(1)
			r.is("a", scan.JobRequested)
		}},
		{"the agent that had it is lost, and another may begin", scan.Options{}, func(r *rig) {
			r.begun()
			time.Sleep(4 * time.Minute)
			r.left(1)
			r.has("x", 1)
		}},
		{"the agent says late that it is done", scan.Options{}, func(r *rig) {
			d := r.begun()
			r.ok(d.Extend(r.Context(), time.Hour))
			r.say(r.both("x", 1))
			time.Sleep(3 * time.Minute)
			r.ok(d.Ack(r.Context()))
			r.left(0)
		}},
		{"it is nobody's", scan.Options{}, func(r *rig) {
			keys := []string{"one", "/1", "one/", "one/01", "one/-1", "one/x", "two/1", "a\nb/1"}
			r.done("one", spec("vm-1"), r.both("x", 1))
			for _, key := range keys {
				r.ok(r.requests.Send(r.Context(), scan.Message{Key: key, Body: []byte("{}")}))
			}
			time.Sleep(3 * time.Minute)
			r.left(len(keys))
		}},
		{"there are many", scan.Options{}, func(r *rig) {
			for _, key := range []string{"one", "two", "three"} {
				r.done(key, spec("vm"), r.both("x", 1))
			}
			for i := range 250 { // as if they had been left in epochs of old
				key := []string{"one/", "two/", "three/", "four/"}[i%4] + strconv.Itoa(i+2)
				r.ok(r.requests.Send(r.Context(), scan.Message{Key: key, Body: []byte("{}")}))
			}
			time.Sleep(2 * time.Minute)
			r.left(62) // of a job that there is not
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inRig(t, c.options, c.happens)
		})
	}
}

// A mortal queue lets an agent die in its first Ack: nothing that it had is given back.
type mortal struct {
	*scan.StoreQueue

	die  func()
	once sync.Once
}

func (m *mortal) Receive(ctx context.Context, n int, lease time.Duration) ([]scan.Delivery, error) {
	got, err := m.StoreQueue.Receive(ctx, n, lease)
	for i := range got {
		got[i] = lastWill{got[i], m}
	}
	return got, err
}

type lastWill struct {
	scan.Delivery

	queue *mortal
}

func (l lastWill) Ack(ctx context.Context) error {
	dies := false
	l.queue.once.Do(func() { dies = true })
	if !dies {
		return l.Delivery.Ack(ctx)
	}
	l.queue.die()
	<-ctx.Done()
	return ctx.Err()
}

func (l lastWill) Retry(context.Context, time.Duration) error { return nil }

// A request that the last agent of a fleet has left needs no other agent.
func TestCoreLeftWithFleet(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: time.Minute}, func(r *rig) {
		h := &hall{ends: map[string]context.CancelFunc{}, gone: map[string]bool{}}
		launched := 0
		queue := &mortal{StoreQueue: r.requests}
		h.hire = func(token string) *scan.Agent {
			launched++
			queue.die = func() { r.ok(h.Terminate(r.Context(), token)) }
			a, err := scan.NewAgent(token, scan.Workplace{
				Requests: queue, Replies: r.replies, Blobs: r.blobs, Desk: r.manager, Opener: openMap{}, Scanners: abScanners,
			}, &scan.AgentOptions{Logger: r.options.Logger})
			r.ok(err)
			return a
		}
		r.hires(h, nil)
		r.ok(r.manager.Start(r.Context(), "one", spec("vm-1")))
		time.Sleep(30 * time.Second)
		r.is("one", scan.JobDone)
		r.left(1)
		time.Sleep(time.Hour)
		r.left(0)
		if pool, err := r.manager.Pool(r.Context()); err != nil || launched != 1 || pool.Oldest > 0 {
			r.Errorf("%d agents were launched, and the pool is %+v, %v", launched, pool, err)
		}
		h.running.Wait()
	})
}

// hires has the manager have a fleet from now on, which is supervised with it.
func (r *rig) hires(l scan.Launcher, o *scan.FleetOptions) {
	r.Helper()
	r.rest()
	fleet, err := scan.NewFleet(r.store, "hall", l, o)
	r.ok(err)
	r.options.Fleet = fleet
	r.manager, err = scan.NewManager(r.store, r.requests, r.replies, r.blobs, &r.options)
	r.ok(err)
	s, err := supervision.New(&supervision.Options{Logger: r.options.Logger, Verify: true})
	r.ok(err)
	r.ok(fleet.Supervise(s))
	ctx, stop := context.WithCancel(r.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Run(ctx); err != nil && ctx.Err() == nil {
			r.Error(err)
		}
	}()
	r.supervise()
	rest := r.rest
	r.rest = func() {
		rest()
		stop()
		<-done
	}
}
