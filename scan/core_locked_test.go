package scan_test

import (
	"context"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
)

// A held store does not wait for what is locked where it is told several things, and all of that is locked.
type held struct{ storage.Store }

func (h held) Deliver(ctx context.Context, messages []storage.Message) ([]error, error) {
	if len(messages) == 1 {
		return h.Store.Deliver(ctx, messages)
	}
	answers := make([]error, len(messages))
	for i := range messages {
		answers[i] = storage.Errorf(storage.ErrLocked, messages[i].To, "somebody keeps it")
	}
	return answers, nil
}

// Jobs that are being written when agents report fail no report: that one began is told, of the rest the next report says more.
func TestCoreReportOnLocked(t *testing.T) {
	t.Parallel()
	inRig(t, scan.Options{QueueAge: -1}, func(r *rig) {
		for _, id := range []string{"one", "two"} {
			r.ok(r.manager.Start(r.Context(), id, spec("vm-"+id)))
			r.take()
		}
		desk, err := scan.NewManager(held{r.store}, r.requests, r.replies, r.blobs, &r.options)
		r.ok(err)
		report := func(seq int) {
			d, err := desk.Report(r.Context(), []scan.Progress{{Agent: "x", Job: "one", Epoch: 1, Seq: seq}, {Agent: "y", Job: "two", Epoch: 1, Seq: seq}})
			r.ok(err)
			if d[0].Do != scan.Continue || d[1].Do != scan.Continue {
				r.Errorf("report %d is answered %+v", seq, d)
			}
			time.Sleep(time.Second)
		}
		report(1)
		r.is("one", scan.JobScanning)
		r.is("two", scan.JobScanning)
		report(2)
	})
}
