package scan_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
)

// A moody store refuses to deliver to one record, and to nobody else, for a while.
type moody struct {
	storage.Store

	refuses storage.Key
	why     error
	left    atomic.Int32
}

func (m *moody) Deliver(ctx context.Context, messages []storage.Message) ([]error, error) {
	var good []storage.Message
	answers, at := make([]error, len(messages)), []int(nil)
	for i, msg := range messages {
		if msg.To == m.refuses && m.left.Add(-1) >= 0 {
			answers[i] = m.why
			continue
		}
		good, at = append(good, msg), append(at, i)
	}
	said, err := m.Store.Deliver(ctx, good)
	if err != nil {
		return nil, err
	}
	for n, i := range at {
		answers[i] = said[n]
	}
	return answers, nil
}

// A reply that cannot be kept now is not lost, and holds up no other. If the job was only being written, it does not wait for long.
func TestCoreReplyThatCannotBeKept(t *testing.T) {
	t.Parallel()
	for why, within := range map[error]time.Duration{errTest: 15 * time.Second, storage.ErrLocked: 0} {
		t.Run(why.Error(), func(t *testing.T) {
			t.Parallel()
			inRig(t, scan.Options{QueueAge: -1}, func(r *rig) {
				r.begun()
				r.ok(r.manager.Start(r.Context(), "two", spec("vm-2")))
				time.Sleep(time.Second)
				store := &moody{Store: r.store, refuses: r.manager.Jobs.Key("one"), why: why}
				r.rest()
				var err error
				r.manager, err = scan.NewManager(store, r.requests, r.replies, r.blobs, &r.options)
				r.ok(err)
				r.supervise()
				store.left.Store(3) // all that one reply says
				two := r.both("y", 1)
				two.Job = "two"
				r.say(r.both("x", 1))
				r.say(two)
				r.is("two", scan.JobDone)
				time.Sleep(within)
				r.is("one", scan.JobDone)
				if whys := r.dead(); len(whys) > 0 {
					r.Errorf("the dead replies are %q", whys)
				}
			})
		})
	}
}

// A job that cannot be read, as in a program that is older than the one that wrote it, holds up nobody else.
func TestCoreJobThatCannotBeRead(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: -1}, func(r *rig) {
		r.begun()
		r.ok(r.manager.Start(r.Context(), "two", spec("vm-2")))
		time.Sleep(time.Second)
		was := r.loaded("one")
		odd := was.Record
		odd.Data = []byte("{")
		r.put(was.Version, &odd)
		two := r.both("y", 1)
		two.Job = "two"
		r.say(r.both("x", 1))
		r.say(two)
		said, err := r.manager.Report(r.Context(), []scan.Progress{{Agent: "x", Job: "one", Epoch: 1, Seq: 2}, {Agent: "y", Job: "none", Epoch: 1, Seq: 1}})
		if err != nil || said[0].Do != scan.Continue || said[1].Do != scan.Drop {
			r.Errorf("the desk says %+v, %v", said, err)
		}
		r.is("two", scan.JobDone)
		if whys := r.dead(); len(whys) > 0 {
			r.Errorf("the dead replies are %q", whys)
		}
		now := r.loaded("one")
		was.Record.Status, was.Record.Due = storage.OK, now.Now
		r.put(now.Version, &was.Record)
		time.Sleep(15 * time.Second)
		r.is("one", scan.JobDone)
	})
}

func (r *rig) loaded(job string) storage.Snapshot {
	r.Helper()
	seen, err := r.store.Load(r.Context(), []storage.Key{r.manager.Jobs.Key(job)})
	r.ok(err)
	return seen[0]
}

// put writes a job as nobody but a test does.
func (r *rig) put(version uint64, job *storage.Record) {
	r.Helper()
	answers, err := r.store.Apply(r.Context(), []storage.Change{{Key: job.Key, Version: version, Record: *job}})
	r.ok(err)
	r.ok(answers[0])
}
