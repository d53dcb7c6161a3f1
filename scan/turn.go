package scan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reeve-go/reeve/provisioning"
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

// queue has the job wait for its permits.
func (w *work) queue() error {
	if w.Data.Ticket == "" {
		w.Data.Ticket = ticket(w.Data.Priority, w.Now, w.Key.ID)
		askPermits.Send(w.jobTurn, w.m.pool(), asking{w.permits()}, supervision.ToElement(w.Data.Ticket))
	}
	if w.Data.Permitted.IsZero() {
		return nil
	}
	w.Data.Start = w.Now.Add(w.Data.clocks().Start)
	w.Begin(w.Data.clocks().Total)
	return w.Fire(jobAdmit)
}

// permits are what the job needs: its own, and a place of an agent.
func (w *work) permits() []Permit {
	own := w.Data.Permits
	if fleet := w.m.fleetPermit(); fleet != "" {
		own = append(slices.Clip(own), Permit{Key: fleet})
	}
	return own
}

// prepare has attached what has to be, and asks the agents.
func (w *work) prepare() error {
	if w.m.options.Mounter != nil && w.Data.Mount == "" {
		if err := w.mount(); err != nil {
			return w.stop(JobFailed, Fatal, "it cannot be attached: "+err.Error())
		}
	}
	if w.Data.Mount != "" && w.Data.Mounted != provisioning.Provisioned {
		return nil
	}
	if w.Now.Before(w.Data.Next) {
		w.Wake(w.Data.Next.Sub(w.Now))
		return nil
	}
	w.Data.Epoch++
	w.Data.Agent, w.Data.Silent = "", false
	if w.Data.Epoch > 1 {
		w.Data.Start = w.Now.Add(w.Data.clocks().Start)
	}
	if err := w.Fire(jobDispatch); err != nil {
		return err
	}
	w.Touch(max(w.Data.Start.Sub(w.Now), time.Second))
	w.m.request.Emit(w.jobTurn, w.asked(), supervision.Lane("queue"), supervision.IdempotencyKey(requestKey(w.Key.ID, w.Data.Epoch)))
	return nil
}

// asked returns what the agents are asked in this epoch: what has no result yet.
func (w *work) asked() sending {
	r := Request{
		V: WireVersion, Job: w.Key.ID, Epoch: w.Data.Epoch, Target: w.Data.Target, Attached: w.Data.Attached, Categories: w.Data.Categories,
		Known: w.Data.Known, Limits: w.Data.Limits, Progress: w.Data.clocks().Progress, Until: w.Deadline,
	}
	if w.m.categories.Count(w.jobTurn, CategoryPlanned) < len(r.Categories) {
		r.Categories = nil
		for el := range w.m.categories.Select(w.jobTurn, nil, CategoryPlanned) {
			r.Categories = append(r.Categories, Category{Name: el.Name, Config: el.Data.Config})
		}
	}
	return sending{r, w.Data.Looked}
}

// mount asks for what has to be attached; a target that needs nothing has no mount.
func (w *work) mount() error {
	specs, err := w.m.options.Mounter.Mounts(w.Data.Target)
	if err != nil || len(specs) == 0 {
		return err
	}
	w.Data.Mount = mountID(w.Key.Kind, w.Key.ID)
	return w.m.options.Provisioning.Request(w.jobTurn, w.Data.Mount, w.Key, specs...)
}

// mountID returns the id of the request for what a job needs attached.
func mountID(kind, job string) string { return kind + "/" + job }

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

// collected ends the work of agents.
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
	return w.m.categories.Fire(w.jobTurn, el, CategoryEvent(r.Outcome))
}

// handOver gives the results to the host.
func (w *work) handOver() error {
	if w.found() == 0 && w.m.categories.Count(w.jobTurn) > 0 {
		w.Data.Ending = JobFailed
		w.Data.Error, w.Data.Class = w.nothingFound(), Trouble
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
	if w.m.options.Late == AdoptLate && w.Data.Class == Overdue && w.open() == 0 && w.again() == 0 {
		w.Data.Ending, w.Data.Error, w.Data.Class = "", "", ""
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
		w.m.keepReport(w.jobTurn, report)
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
	r := Report{Job: w.Key.ID, Epoch: w.Data.Epoch, Target: w.Data.Target, At: w.Now}
	for el := range w.m.categories.All(w.jobTurn) {
		r.add(el.Name, el.Data.Result)
	}
	return r
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
	case JobStopping:
		return w.Fire(jobClean)
	}
	return nil // clean looks at the clock
}

// overdue ends a job whose time is up. What was found by then is worth something.
func (w *work) overdue(why string) error {
	return w.stop(JobFailed, Overdue, why)
}
