package scan

import (
	"time"

	"github.com/reeve-go/reeve/supervision"
)

// collect sees whether every category has its outcome, or whether there is another epoch.
func (w *work) collect() error {
	if w.open() == 0 && w.again() == 0 {
		return w.collected()
	}
	if w.Data.Silent {
		return w.retry(w.Data.Class, w.Data.Error)
	}
	return nil
}

// collected ends the work of agents. The request is theirs to remove: if the last one dies before, [Manager.withdrawLeft] finds it.
func (w *work) collected() error {
	w.Cancel("")
	return w.Fire(jobCollect)
}

// open returns how many categories have no outcome.
func (w *work) open() int {
	return w.m.categories.Count(w.jobTurn, CategoryPlanned, CategoryScanning)
}

// forGood is the group of categories that failed so that no other epoch can help; all others are in group zero.
const forGood = 1

// again returns how many categories failed that another epoch may help.
func (w *work) again() int {
	for group, n := range w.m.categories.Groups(w.jobTurn, func(s CategoryState) bool { return s == CategoryFailed }) {
		if group != forGood {
			return n
		}
	}
	return 0
}

// retry begins another epoch, if there may be one after an error of that class; else the job ends with what there is.
func (w *work) retry(c Class, why string) error {
	why = clip(why)
	w.Data.Error, w.Data.Class = why, c
	if w.Data.Failures == nil {
		w.Data.Failures = map[Class]int{}
	}
	w.Data.Failures[c]++
	if w.Data.Failures[c] > w.Data.tries(c) {
		return w.giveUp(c, why)
	}
	for el := range w.m.categories.Select(w.jobTurn, []int{0}, CategoryScanning, CategoryFailed) {
		el.Data.Items, el.Data.Bytes, el.Data.Result = 0, 0, nil
		if err := w.m.categories.Fire(w.jobTurn, el, againCategory); err != nil {
			return err
		}
	}
	w.Cancel("")
	w.takeBack()
	w.Note(why)
	w.Data.Agent = ""
	if w.Data.Next.Before(w.Now) {
		w.Data.Next = w.Now.Add(pauseAfter(c, w.Data.Failures[c]))
	}
	if err := w.Fire(jobAgain); err != nil {
		return err
	}
	w.Touch(max(w.Data.Next.Sub(w.Now), 0) + w.Data.clocks().Start)
	return nil
}

// takeBack takes the request of the epoch out of the queue, unless an agent has it that will do so.
func (w *work) takeBack() {
	if w.Data.Epoch == 0 || w.Data.Silent || w.State == JobScanning && w.Data.Class != Lost {
		return
	}
	key := requestKey(w.Key.ID, w.Data.Epoch)
	w.m.withdraw.Emit(w.jobTurn, key, supervision.IdempotencyKey("withdraw "+key), supervision.Lane("queue"), supervision.Keep(), supervision.Quiet(), supervision.Within(time.Hour))
}

// pauseAfter is how long to wait after so many failures of a class. There is nothing to wait for the first time that an agent is lost.
func pauseAfter(c Class, failures int) time.Duration {
	if c == Lost {
		failures--
	}
	if failures == 0 {
		return 0
	}
	return min(10*time.Second<<min(failures-1, 10), 10*time.Minute)
}

// giveUp ends a job that can have no further epoch. What was found is kept: it is done, if that is anything.
func (w *work) giveUp(c Class, why string) error {
	if w.found() == 0 {
		return w.stop(JobFailed, c, why)
	}
	return w.endWith(why)
}

// endWith gives the categories that have no outcome one, and goes on with what there is.
func (w *work) endWith(why string) error {
	for el := range w.m.categories.Select(w.jobTurn, nil, CategoryPlanned, CategoryScanning) {
		r := Result{Category: el.Name, Outcome: Failed, Error: why}
		if el.State == CategoryPlanned {
			r.Outcome = Skipped
		}
		if err := w.outcome(el, r); err != nil {
			return err
		}
	}
	return w.collected()
}

// found returns how many categories have results.
func (w *work) found() int {
	return w.m.categories.Count(w.jobTurn, CategoryOK, CategoryEmpty, CategoryPartial)
}

// outcome ends a category.
func (w *work) outcome(el *categoryElem, r Result) error {
	el.Data.Result, el.Data.Epoch = &r, w.Data.Epoch
	if r.Class == Fatal {
		el.Group = forGood
	}
	el.Data.Items, el.Data.Bytes = r.Items, r.Bytes
	return w.m.categories.Fire(w.jobTurn, el, categoryEvent(r.Outcome))
}
