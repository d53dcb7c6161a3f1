package scan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/internal/text"
)

// maxReply is how many bytes the results of one reply have: any queue takes that.
const maxReply = 160 << 10

// An outbox has the replies to one request that are not sent yet. What was tried once is sent as it was, since it may be there: what is
// found meanwhile goes into the next one.
type outbox struct {
	reply  Reply // the last one, without what it said
	unsent []Message
}

// reply sends the results that were found since the last one. If that fails, it is tried again with the next beat.
func (t *task) reply() {
	if t.pack(Reply{}); len(t.outbox.unsent) == 0 {
		return
	}
	if err := t.shift.call(t.held, t.send); err != nil {
		t.shift.tell("results could not be sent", err, "job", t.request.Job, "epoch", t.request.Epoch)
	}
}

// last packs the last reply: what was found since, and why there is no more, if there should be.
func (t *task) last(err error) {
	end := Reply{Last: true}
	if err != nil {
		end.Error = text.Clip(err.Error(), maxReason)
		class, after := classOf(err)
		end.Class, end.RetryAfter = class, max(after, 0)
	}
	if _, canceled := errors.AsType[*canceledError](err); canceled {
		end.Class = Canceled
	}
	t.pack(end)
}

// pack packs what was found into as many replies as are needed; the end is said with the last of them.
func (t *task) pack(end Reply) {
	t.mu.Lock()
	found := t.found
	t.found = nil
	t.mu.Unlock()
	var some []Result
	size := 0
	for _, r := range found {
		n := weigh(&r)
		if size+n > maxReply && len(some) > 0 {
			t.put(Reply{Results: some})
			some, size = nil, 0
		}
		some, size = append(some, r), size+n
	}
	if end.Results = some; len(some) > 0 || end.Last {
		t.put(end)
	}
}

// weigh returns how many bytes a result takes. One that is larger than a reply may be is said to have failed.
func weigh(r *Result) int {
	body, err := json.Marshal(r)
	if err == nil && len(body) > maxReply {
		err = fmt.Errorf("the result has %d bytes without its items; at most %d are right", len(body), maxReply)
	}
	if err != nil {
		*r = Result{Category: r.Category, Outcome: Failed, Error: err.Error()}
	}
	return len(body)
}

// put makes a message of a reply.
func (t *task) put(r Reply) {
	o := &t.outbox
	o.reply.Seq++
	r.V, r.Agent, r.Job, r.Epoch, r.Seq = o.reply.V, o.reply.Agent, o.reply.Job, o.reply.Epoch, o.reply.Seq
	body, err := EncodeReply(r)
	if err != nil { // a scanner's word that nobody would understand
		t.shift.log.Error("a reply cannot be written; it is said that it failed", "job", r.Job, "epoch", r.Epoch, "error", err)
		r.Results, r.Last, r.Class, r.Error = nil, true, Trouble, text.Clip(err.Error(), maxReason)
		if body, err = EncodeReply(r); err != nil {
			return
		}
	}
	// Another agent that is given the same request counts its replies anew, so the key depends on what is said.
	o.unsent = append(o.unsent, Message{Key: string(DigestOf(body)), Body: body})
}

// send sends what is packed.
func (t *task) send(ctx context.Context) error {
	if err := t.shift.Replies.Send(ctx, t.outbox.unsent...); err != nil {
		return err
	}
	t.outbox.unsent = nil
	return nil
}

// canceledError ends a task that the desk wants no more of.
type canceledError struct{ why string }

func (e *canceledError) Error() string {
	if e.why == "" {
		return "canceled"
	}
	return "canceled: " + e.why
}
