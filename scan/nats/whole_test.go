package nats_test

import (
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// once reports whether a result and a last word were applied, and nothing else: one after the other, or both in one reply if the agent was that slow.
func once(h scan.Heard) bool { return h == (scan.Heard{Applied: 1}) || h == (scan.Heard{Applied: 2}) }

// JetStream lets one whose lease has ended remove a message under who has it by now. The job gets its result all the same, once.
func TestVanishedUnderALiveWorker(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	w.start(time.Minute)
	ack := w.naive()
	w.agent("live", time.Minute)
	<-w.begun
	ack()
	close(w.gate)
	if j := w.done(); j.Epoch != 1 || !once(j.Heard) {
		t.Errorf("the job took %d epochs and heard %+v; want one, a result and a last word", j.Epoch, j.Heard)
	}
}

// If its worker ends, too, nobody knows of the request any more but the job: it asks again.
func TestVanishedWithItsWorker(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	w.start(time.Second)
	ack := w.naive()
	end := w.agent("first", time.Minute)
	<-w.begun
	ack()
	end()
	close(w.gate)
	w.agent("second", time.Minute)
	if j := w.done(); j.Epoch < 2 || j.Agent != "second" { // a slow machine takes more
		t.Errorf("the job took %d epochs, was done by %q and heard %+v; want two or more, and the second", j.Epoch, j.Agent, j.Heard)
	}
}

// A worker that was away for longer than its lease can neither settle the request nor have its result applied a second time.
func TestStaleWorker(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	w.start(time.Minute)
	stale := receive(t, w.requests, 1, 50*time.Millisecond)[0]
	w.agent("live", time.Minute)
	<-w.begun
	for what, err := range map[string]error{
		"Ack": stale.Ack(t.Context()), "Retry": stale.Retry(t.Context(), 0), "Bury": stale.Bury(t.Context(), "no"), "Extend": stale.Extend(t.Context(), time.Minute),
	} {
		lost(t, what, err)
	}
	close(w.gate)
	j := w.done()
	report, err := w.manager.Results(t.Context(), "job")
	ok(t, err)
	body, err := scan.EncodeReply(scan.Reply{V: scan.WireVersion, Agent: "stale", Job: "job", Epoch: 1, Seq: 1, Results: report.Results, Last: true})
	ok(t, err)
	send(t, w.replies, scan.Message{Key: "stale", Body: body})
	eventually(t, "the reply is taken from its queue", func() bool {
		stats, err := w.replies.Stats(t.Context())
		ok(t, err)
		return stats.Ready+stats.Leased == 0
	})
	after := w.done()
	if after.Heard.Applied != j.Heard.Applied || j.Epoch != 1 || !once(j.Heard) {
		t.Errorf("before the stale worker replied the job had heard %+v, and then %+v; want the same", j.Heard, after.Heard)
	}
	none(t, w.requests)
}
