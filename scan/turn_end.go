package scan

import (
	"fmt"
	"strings"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/supervision"
)

// handOver gives the results to the host.
func (w *work) handOver() error {
	if w.found() == 0 && w.m.categories.Count(w.jobTurn) > 0 {
		w.Data.Ending = JobFailed
		w.Data.Error, w.Data.Class = w.nothingFound(), Trouble
		if w.m.categories.Count(w.jobTurn, CategoryFailed) > 0 {
			w.Data.Class = Fatal // or there were another epoch
		}
		return w.leave()
	}
	w.Data.Ending = JobDone
	if w.m.options.Save == nil {
		return w.leave()
	}
	w.m.save.Emit(w.jobTurn, saving{Epoch: w.Data.Epoch}, supervision.IdempotencyKey(w.Key.ID))
	return w.Fire(jobSave)
}

// nothingFound says why no category has a result.
func (w *work) nothingFound() string {
	var whys []string
	for el := range w.m.categories.All(w.jobTurn) {
		if r := el.Data.Result; r != nil && r.Error != "" && len(whys) < 3 {
			whys = append(whys, fmt.Sprintf("%s: %s", el.Name, r.Error))
		}
	}
	return "nothing was found: " + strings.Join(whys, "; ")
}

// leave ends a job whose agents have ended: at once, or when nothing is attached any more.
func (w *work) leave() error {
	w.End()
	w.Data.CleanBy = w.Now.Add(w.Data.clocks().Cleanup)
	if w.Data.Ending == JobDone && w.released() {
		return w.end(jobFinish)
	}
	return w.Fire(jobClean)
}

// stop has a job end that goes on: the agent is told, and then what was attached is released.
func (w *work) stop(to JobState, c Class, why string) error {
	why = clip(why)
	w.Data.Ending, w.Data.Class = to, c
	if to == JobCanceled {
		w.Data.Reason = why
	} else {
		w.Data.Error = why
	}
	w.Note(why)
	w.Cancel("")
	w.takeBack()
	w.End()
	w.Data.CleanBy = w.Now.Add(w.Data.clocks().Cleanup)
	return w.Fire(jobStop)
}

// settle waits until no agent works on the job any more. It waits for half of the time that there is to clean up.
func (w *work) settle() error {
	if w.m.options.Late == AdoptLate && w.Data.Adopt && w.Data.Ending == JobFailed && w.open() == 0 && w.again() == 0 {
		w.Data.Ending, w.Data.Error, w.Data.Class, w.Data.Adopt = "", "", "", false
		return w.collected()
	}
	rest := w.Data.clocks().Cleanup / 2
	half := w.Data.CleanBy.Add(-rest)
	if w.Data.Agent != "" && !w.Data.Silent && w.Now.Before(half) {
		w.Wake(half.Sub(w.Now))
		return nil
	}
	if err := w.Fire(jobClean); err != nil {
		return err
	}
	if w.Now.After(half) {
		w.Data.CleanBy = w.Now.Add(rest) // the turn comes late
	}
	w.Touch(w.Data.CleanBy.Sub(w.Now))
	return nil
}

// released reports whether nothing is attached.
func (w *work) released() bool {
	return w.Data.Mount == "" || w.Data.Mounted == provisioning.Deprovisioned
}

// clean has released what was attached, and ends the job when that is so, or cannot be waited for any longer.
func (w *work) clean() error {
	switch {
	case w.released():
	case !w.Data.Releasing:
		w.m.options.Provisioning.Terminate(w.jobTurn, w.Data.Mount, "job "+w.Key.ID+" is over")
		w.Data.Releasing, w.Data.Mounted = true, provisioning.Deprovisioning
		return nil
	case !w.Now.Before(w.Data.CleanBy):
		w.Data.Error = "what was attached is not released in time: see request " + quote(w.Data.Mount)
	case w.Data.Mounted == provisioning.Failed:
		w.Data.Error = "what was attached could not be released: see request " + quote(w.Data.Mount)
	default:
		return nil
	}
	switch w.Data.Ending {
	case JobDone:
		return w.end(jobFinish)
	case JobCanceled:
		return w.end(jobCancel)
	default:
		return w.end(jobFail)
	}
}

// end gives back the permits in the commit that ends the job, and tells whoever wants to know.
func (w *work) end(e JobEvent) error {
	for el := range w.m.categories.Select(w.jobTurn, nil, CategoryPlanned, CategoryScanning) {
		if err := w.outcome(el, Result{Category: el.Name, Outcome: Skipped, Error: "the job ended before"}); err != nil {
			return err
		}
	}
	if w.Data.Ticket != "" {
		returnPermits.Send(w.jobTurn, w.m.pool(), returning{w.Data.Heard}, supervision.ToElement(w.Data.Ticket))
	}
	if err := w.Fire(e); err != nil {
		return err
	}
	report := w.report()
	w.spawnTarget()
	if w.found() > 0 {
		w.m.keepReport(w.jobTurn, report, w.Data.Categories)
	}
	if w.Data.Owner.ID != "" {
		Ended.Send(w.jobTurn, w.Data.Owner, JobEnded{Job: w.Key.ID, State: w.State, Outcome: report.Outcome, Error: w.Data.Error, Reason: w.Data.Reason})
	}
	return nil
}

// spawnTarget makes the record of the target, if there is none.
func (w *work) spawnTarget() {
	w.m.Targets.Spawn(w.jobTurn, w.Data.Target.ID, TargetRecord{Target: w.Data.Target})
}

// report returns what the job found.
func (w *work) report() Report {
	r := Report{Job: w.Key.ID, Epoch: w.Data.Epoch, Target: w.Data.Target, State: w.State, At: w.Now}
	for el := range w.m.categories.All(w.jobTurn) {
		r.add(el.Name, el.Data.Result)
	}
	return r
}
