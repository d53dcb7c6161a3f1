package scan

import (
	"slices"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/supervision"
)

// queue has the job wait for its permits.
func (w *work) queue() error {
	if w.Data.Ticket == "" {
		w.ask()
	}
	if w.Data.Permitted.IsZero() {
		return nil
	}
	w.Data.Start = w.Now.Add(w.Data.clocks().Start)
	w.Begin(w.Data.clocks().Total)
	return w.Fire(jobAdmit)
}

// ask has the pool asked for the job's permits.
func (w *work) ask() {
	w.Data.Ticket = ticket(w.Data.Priority, w.Now, w.Key.ID)
	askPermits.Send(w.jobTurn, w.m.pool(), asking{w.permits()}, supervision.ToElement(w.Data.Ticket))
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
	if w.Data.Epoch > 0 && w.open() == 0 {
		return w.collected() // the last answers came late
	}
	if w.Now.Before(w.Data.Next) {
		w.Wake(w.Data.Next.Sub(w.Now))
		return nil
	}
	w.Data.Epoch++
	w.Data.Agents, w.Data.Silent = nil, false
	if w.Data.Epoch > 1 {
		w.Data.Start = w.Now.Add(w.Data.clocks().Start)
	}
	if err := w.Fire(jobDispatch); err != nil {
		return err
	}
	w.Touch(max(w.Data.Start.Sub(w.Now), time.Second))
	w.Data.Asked = w.m.request.Emit(w.jobTurn, w.asked(), supervision.Quiet(), supervision.Lane("queue"), supervision.IdempotencyKey(requestKey(w.Key.ID, w.Data.Epoch)))
	return nil
}

// asked returns what the agents are asked in this epoch: what has no result yet.
func (w *work) asked() sending {
	r := Request{
		V: WireVersion, Job: w.Key.ID, Epoch: w.Data.Epoch, Target: w.Data.Target, Attached: w.Data.Attached, Categories: w.Data.Categories,
		Known: w.Data.Known, Limits: w.Data.Limits, Progress: w.Data.clocks().Progress, Until: w.Deadline,
	}
	if r.Limits.Time >= 0 && w.Data.Target.Slower > 0 {
		r.Limits.Time = w.Data.slower(r.Limits.withDefaults().Time)
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
	id := mountID(w.Key.Kind, w.Key.ID)
	if err := w.m.options.Provisioning.Request(w.jobTurn, id, w.Key, specs...); err != nil {
		return err
	}
	w.Data.Mount = id
	return nil
}

// mountID returns the id of the request for what a job needs attached.
func mountID(kind, job string) string { return kind + "/" + job }
