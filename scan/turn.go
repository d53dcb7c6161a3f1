package scan

import (
	"github.com/reeve-go/reeve/supervision"
)

type (
	jobTurn      = supervision.Turn[Job, JobState, JobEvent]
	categoryElem = supervision.Element[CategoryProgress, CategoryState]
)

// A work is one turn of a job: what was heard is taken down, and then the job goes as far as it can.
type work struct {
	*jobTurn

	m *Manager
}

// decide is the decider of jobs.
func (m *Manager) decide(t *jobTurn) error {
	w := &work{jobTurn: t, m: m}
	for _, msg := range t.Messages {
		if err := w.hear(msg); err != nil {
			return err
		}
	}
	if t.Expired != supervision.NotExpired {
		if err := w.expire(); err != nil {
			return err
		}
	}
	return w.goOn()
}

// goOn takes the job from state to state, until it has to wait or has ended.
func (w *work) goOn() error {
	for {
		was := w.State
		if err := w.step(); err != nil {
			return err
		}
		if w.State == was {
			w.keep()
			return nil
		}
	}
}

// step does what is to be done in the state that the job is in.
func (w *work) step() error {
	switch w.State {
	case JobQueued:
		return w.queue()
	case JobAdmitted:
		return w.prepare()
	case JobRequested, JobScanning:
		return w.collect()
	case JobCollected:
		return w.handOver()
	case JobStopping:
		return w.settle()
	case JobCleaning:
		return w.clean()
	}
	return nil // somebody else works, or nobody any more
}

// keep says to the pool that the job goes on.
func (w *work) keep() {
	if w.Data.Permitted.IsZero() || w.State.Final() {
		return
	}
	if half := w.Data.Kept.Add(-permitFor / 2); w.Now.Before(half) {
		w.Wake(half.Sub(w.Now))
		return
	}
	w.Data.Kept = w.Now.Add(permitFor)
	w.Wake(permitFor / 2)
	keepPermits.Send(w.jobTurn, w.m.pool(), keeping{permitFor}, supervision.ToElement(w.Data.Ticket))
}

// expire says what it means that a time is up.
func (w *work) expire() error {
	if w.Expired == supervision.OperationExpired && w.State != JobStopping && w.State != JobCleaning {
		return w.overdue("its total time of " + w.Data.clocks().Total.String() + " is up")
	}
	c := w.Data.clocks()
	switch w.State {
	case JobQueued:
		return w.overdue("it waited " + c.Queue.String() + " for its permits")
	case JobAdmitted:
		return w.overdue("what has to be attached was not there within " + c.Start.String())
	case JobRequested:
		return w.retry(Lost, "no agent began within "+c.Start.String())
	case JobScanning:
		return w.retry(Lost, "agent "+quote(w.Data.Agent)+" got no further for "+c.Progress.String())
	case JobCollected, JobSaving:
		return w.overdue("the host did not take the results over in time")
	}
	return nil // stopping and cleaning look at their clock themselves
}

// overdue ends a job whose time is up. What was found by then is worth something.
func (w *work) overdue(why string) error {
	w.Data.Adopt = w.State == JobRequested || w.State == JobScanning
	return w.stop(JobFailed, Overdue, why)
}
