package scan_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// A post is a queue whose Send fails for as long as it is shut, and, if it is deaf, says that it failed when it did not.
type post struct {
	*scan.StoreQueue

	mu         sync.Mutex
	shut, deaf bool
	kept       []string
}

func (p *post) Send(ctx context.Context, messages ...scan.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut {
		return errTest
	}
	for _, m := range messages {
		p.kept = append(p.kept, m.Key)
	}
	if err := p.StoreQueue.Send(ctx, messages...); err != nil || !p.deaf {
		return err
	}
	return errTest
}

func (p *post) sent() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.kept)
}

// asks has the requests of the manager go through another queue from now on.
func (r *rig) asks(through scan.Queue) {
	r.Helper()
	r.rest()
	var err error
	r.manager, err = scan.NewManager(r.store, through, r.replies, r.blobs, &r.options)
	r.ok(err)
	r.supervise()
}

// A request that could not be sent in its epoch is not sent in the next.
func TestCoreUnsentRequest(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: -1}, func(r *rig) {
		p := &post{StoreQueue: r.requests, shut: true}
		r.asks(p)
		s := spec("vm-1")
		s.Clocks.Start = time.Minute
		r.ok(r.manager.Start(r.Context(), "one", s))
		time.Sleep(90 * time.Second)
		r.has("", 2)
		p.mu.Lock()
		p.shut = false
		p.mu.Unlock()
		r.take()
		time.Sleep(2 * time.Minute) // it would have been tried again by now
		if sent := p.sent(); slices.Contains(sent, "one/1") {
			r.Errorf("what was sent is %q", sent)
		}
	})
}

// A request that was answered is not sent again, although nobody knows that it was sent, while the host takes the results over.
func TestCoreAnsweredRequest(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: -1, Save: takes(forEver)}, func(r *rig) {
		p := &post{StoreQueue: r.requests, deaf: true}
		r.asks(p)
		r.ok(r.manager.Start(r.Context(), "one", spec("vm-1")))
		_, d := r.take()
		r.ok(d.Ack(r.Context()))
		r.say(r.both("x", 1))
		r.is("one", scan.JobSaving)
		before := len(p.sent())
		time.Sleep(30 * time.Minute)
		if sent := p.sent(); len(sent) != before {
			r.Errorf("it was sent %d times, and then %d times more", before, len(sent)-before)
		}
	})
}

// What a job knows that a host's turn makes is looked up when it is sent.
func TestCoreSpawnedJobKnows(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: -1}, func(r *rig) {
		r.ok(r.begun().Ack(r.Context()))
		r.say(r.both("x", 1))
		r.is("one", scan.JobDone)
		r.spawn("two", spec("vm-1"))
		if request, _ := r.take(); request.Job != "two" || len(request.Known) != 2 {
			r.Errorf("the request of job %s knows %+v", request.Job, request.Known)
		}
	})
}
