package scan

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/supervision"
)

// What jobs hear of agents. An answer is a result of one category, which the message names as its element, or the last word on an epoch.
type answer struct {
	Agent string `json:"agent"`
	Epoch int    `json:"epoch"`
	// Result is of the category; nil: this is the agent's last word on the epoch.
	Result *Result `json:"result,omitempty"`
	Error  string  `json:"error,omitempty"`
	Class  Class   `json:"class,omitempty"`
	// After is how long to wait before another epoch, in nanoseconds.
	After int64 `json:"after,omitempty"`
}

var (
	agentProgress = supervision.NewMessage[Progress]("scan.progress")
	agentAnswer   = supervision.NewMessage[answer]("scan.answer")
)

// Ended is sent to the owner of a job in the commit in which it ends.
var Ended = supervision.NewMessage[JobEnded]("scan.ended")

// JobEnded is what the owner of a job is told.
type JobEnded struct {
	Job   string   `json:"job"`
	State JobState `json:"state"`
	// Outcome is that of the [Report].
	Outcome Outcome `json:"outcome"`
	Error   string  `json:"error,omitempty"`
	Reason  string  `json:"reason,omitempty"`
}

// hear takes down one message.
func (w *work) hear(msg supervision.Message) error {
	if g, ok := permitGranted.Body(msg); ok {
		w.Data.Kept = g.Until
		if w.Data.Permitted.IsZero() {
			w.Data.Permitted = w.Now
		}
	} else if _, ok := permitGone.Body(msg); ok {
		return w.loseBecause("its permits were taken back, because it did not say that it goes on")
	} else if c, ok := provisioning.StatusChanged.Body(msg); ok && c.Request == w.Data.Mount {
		return w.hearMount(c)
	} else if p, ok := agentProgress.Body(msg); ok {
		return w.hearProgress(msg, p)
	} else if a, ok := agentAnswer.Body(msg); ok {
		return w.hearAnswer(msg, a)
	} else if _, err, ok := w.m.request.Outcome(msg); ok && w.State == JobRequested {
		if gone, failed := errors.AsType[*supervision.EffectError](err); failed && gone.ID == w.Data.Asked {
			return w.retry(Trouble, "the agents could not be asked: "+gone.Text)
		}
	} else if _, err, ok := w.m.save.Outcome(msg); ok && w.State == JobSaving {
		return w.hearSaved(err)
	}
	return nil
}

// goes reports whether the job goes on: it is not about to end, and has not ended.
func (w *work) goes() bool {
	return w.State != JobStopping && w.State != JobCleaning && !w.State.Final()
}

func (w *work) loseBecause(why string) error {
	if !w.goes() {
		return nil
	}
	return w.stop(JobFailed, Overdue, why)
}

func (w *work) hearMount(c provisioning.Changed) error {
	if w.Data.Releasing && c.Goal != provisioning.Absent {
		return nil // it was said before it was to be released
	}
	w.Data.Mounted = c.Status
	switch c.Status {
	case provisioning.Provisioned:
		if w.Data.Attached = c.Resources; w.Data.Attached == nil && w.goes() {
			return w.stop(JobFailed, Fatal, "what is known of what was attached is too much to be told to an agent")
		}
	case provisioning.Failed, provisioning.Deprovisioning, provisioning.DeprovisioningRequested, provisioning.Deprovisioned:
		if w.goes() && w.Data.Ending == "" {
			return w.stop(JobFailed, Trouble, "what has to be attached is not there: "+c.Error+c.Reason)
		}
	}
	return nil
}

func (w *work) hearSaved(err error) error {
	if err != nil {
		w.Data.Ending, w.Data.Error, w.Data.Class = JobFailed, clip("the host could not take the results over: "+err.Error()), Trouble
	}
	return w.leave()
}

// mine reports whether an agent's word is about the epoch under way.
func (w *work) mine(epoch int) bool { return epoch == w.Data.Epoch && epoch > 0 }

func (w *work) hearProgress(msg supervision.Message, p Progress) error {
	switch {
	case !w.mine(p.Epoch) || w.State != JobRequested && w.State != JobScanning:
		w.Ignore(msg, w.staleWhy(p.Epoch))
		return nil
	case w.Data.Agent != p.Agent && p.Seq > 1 && slices.Contains(w.Data.Agents, p.Agent):
		w.Ignore(msg, "agent "+quote(w.Data.Agent)+" has it by now")
		return nil
	}
	if w.Data.Agent != p.Agent || p.Seq == 1 && w.Now.Sub(w.Data.Began) > sayAgain {
		w.Data.Agents, w.Data.Began = append(w.Data.Agents, p.Agent), w.Now
	}
	if len(w.Data.Agents) > mostBegin {
		return w.retry(Lost, fmt.Sprintf("%d agents have begun on it, and none has come to an end", mostBegin))
	}
	w.Data.Agent = p.Agent
	if w.State == JobRequested {
		if err := w.Fire(jobBegin); err != nil {
			return err
		}
	}
	w.Touch(w.Data.clocks().Progress)
	if el, ok := w.category(msg); ok && el.Data.Result == nil {
		el.Data.Epoch, el.Data.Items, el.Data.Bytes = p.Epoch, p.Items, p.Bytes
		if el.State == CategoryPlanned {
			return w.m.categories.Fire(w.jobTurn, el, scanCategory)
		}
	}
	return nil
}

// category returns the category that a message is about.
func (w *work) category(msg supervision.Message) (*categoryElem, bool) {
	if msg.Element == "" {
		return nil, false
	}
	return w.m.categories.Get(w.jobTurn, msg.Element)
}

func (w *work) staleWhy(epoch int) string {
	if w.mine(epoch) {
		return fmt.Sprintf("the job is %s", w.State)
	}
	return fmt.Sprintf("it is about epoch %d, and this is %d", epoch, w.Data.Epoch)
}

// hearAnswer decides what an agent's answer is worth: it is applied, says what was said before, or is stale.
func (w *work) hearAnswer(msg supervision.Message, a answer) error {
	el, ok := w.category(msg)
	switch {
	case a.Result != nil && !ok:
		w.Data.Heard.Stale++
		w.Ignore(msg, "the job did not ask for category "+quote(msg.Element))
	case !w.mine(a.Epoch) || !w.takes(a):
		return w.hearLate(msg, a)
	case a.Result == nil && (w.Data.Silent || w.Data.Agent != "" && w.Data.Agent != a.Agent), a.Result != nil && el.Data.Result != nil:
		w.Data.Heard.Duplicate++
		w.Ignore(msg, "the same was said before")
	case a.Result == nil:
		w.Data.Heard.Applied++
		return w.hearLast(a)
	default:
		w.Data.Heard.Applied++
		if w.State == JobRequested || w.State == JobScanning {
			w.Touch(w.Data.clocks().Progress)
		}
		return w.outcome(el, *a.Result)
	}
	return nil
}

// takes reports whether an answer of the epoch under way can be of use. Between two epochs one that came late still is, if it is a result.
func (w *work) takes(a answer) bool {
	switch w.State {
	case JobRequested, JobScanning, JobStopping:
		return true
	case JobAdmitted:
		return a.Result != nil && a.Result.Outcome != Failed && a.Result.Outcome != Skipped
	}
	return false
}

// mostBegin is how many agents may begin on one epoch: a target that kills each one that looks into it must not do so for ever.
const mostBegin = 5

// sayAgain is for how long an agent that begins may just be saying so again, because it was not answered.
const sayAgain = 30 * time.Second

// hearLate is about an answer that nobody waits for any more. A second answer of the epoch under way is a duplicate.
func (w *work) hearLate(msg supervision.Message, a answer) error {
	if w.mine(a.Epoch) && (w.State == JobCollected || w.State == JobSaving) {
		w.Data.Heard.Duplicate++
	} else {
		w.Data.Heard.Stale++
	}
	w.Ignore(msg, w.staleWhy(a.Epoch))
	if a.Result != nil && w.m.options.Late != DropLate {
		w.spawnTarget()
		targetLate.Send(w.jobTurn, w.m.Targets.Key(w.Data.Target.ID), LateReply{Job: w.Key.ID, Epoch: a.Epoch, Agent: a.Agent, Results: []Result{*a.Result}})
	}
	return nil
}

// hearLast is about the agent's last word on an epoch.
func (w *work) hearLast(a answer) error {
	w.Data.Agent, w.Data.Silent = a.Agent, true
	if w.State == JobStopping {
		return nil
	}
	w.Data.Class, w.Data.Error = a.Class, clip(a.Error)
	if a.Error == "" && (w.open() > 0 || w.again() > 0) {
		w.Data.Class, w.Data.Error = Trouble, "not all categories have a result"
	}
	if a.After > 0 {
		w.Data.Next = w.Now.Add(min(afterMost, durationOf(a.After)))
	}
	return nil
}

// afterMost is the longest time that an agent can ask for before another epoch.
const afterMost = 30 * time.Minute

func durationOf(n int64) time.Duration { return time.Duration(max(0, n)) }
