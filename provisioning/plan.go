package provisioning

import (
	"context"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// Plan says what will be done next about each resource of a request, when and why, in the order of their ids. Nothing is done for it,
// but that a [Planner] is asked what it would do.
func (m *Manager) Plan(ctx context.Context, request string) ([]Step, error) {
	if m.broken != nil {
		return nil, m.broken
	}
	seen, err := m.store.Load(ctx, []storage.Key{m.Requests.Key(request)}) // for the store's time
	if err != nil {
		return nil, fmt.Errorf("provisioning: plan of request %q: %w", request, err)
	}
	r, err := m.Requests.Get(ctx, request)
	if err != nil {
		return nil, err
	}
	return m.plan(ctx, request, &r.Data, seen[0].Now, true)
}

// Preview is Plan for a request that is not made yet.
func (m *Manager) Preview(ctx context.Context, specs ...Spec) ([]Step, error) {
	resources, err := m.checked(specs)
	if err != nil {
		return nil, err
	}
	els := make([]element, len(specs))
	for i := range specs {
		els[i] = element{Name: specs[i].ID, State: resourceMachine.Initial(), Data: &resources[i], Since: time.Now()}
	}
	return m.steps(ctx, "", &Request{Goal: Present}, els, time.Now(), true), nil
}

func (m *Manager) plan(ctx context.Context, id string, r *Request, now time.Time, ask bool) ([]Step, error) {
	var els []element
	for el, err := range m.Resources(ctx, id) {
		if err != nil {
			return nil, err
		}
		els = append(els, el)
	}
	return m.steps(ctx, id, r, els, now, ask), nil
}

func (m *Manager) steps(ctx context.Context, id string, r *Request, els []element, now time.Time, ask bool) []Step {
	states := make(map[string]ResourceState, len(els))
	for i := range els {
		states[els[i].Name] = els[i].State
	}
	out := make([]Step, len(els))
	for i := range els {
		el := &els[i]
		of := m.types[el.Data.Type]
		if of == nil {
			out[i] = Step{Type: el.Data.Type, State: el.State, Do: Wait, Why: "this program has no provisioner for its type"}
		} else {
			out[i] = m.view(r.Goal, now, el, of, func(name string) ResourceState { return states[name] }).next()
		}
		out[i].Resource = el.Name
		if ask && of != nil && of.planner != nil && el.State == ResourcePlanned && r.Goal == Present {
			out[i].Says = says(ctx, of, Call{Request: id, Resource: el.Name, Type: el.Data.Type, Goal: Present, Config: el.Data.Config})
		}
	}
	return out
}

// says returns what a planner says.
func says(ctx context.Context, of *provisioner, c Call) (text string) {
	defer func() {
		if v := recover(); v != nil {
			text = fmt.Sprintf("it panicked: %v", v)
		}
	}()
	text, err := of.planner.Plan(ctx, c)
	if err != nil {
		return "it cannot say what it would do: " + err.Error()
	}
	return text
}

// mostNotes bounds how many resources an explanation is about.
const mostNotes = 100

// explain says what a request waits for.
func (m *Manager) explain(ctx context.Context, r supervision.Record[Request, Status]) ([]string, error) {
	var out []string
	if r.Data.Reason != "" {
		out = append(out, "it was terminated: "+r.Data.Reason)
	}
	if r.Data.Error != "" {
		out = append(out, "it failed: "+r.Data.Error)
	}
	seen, err := m.store.Load(ctx, []storage.Key{r.Key})
	if err != nil {
		return out, err
	}
	steps, err := m.plan(ctx, r.Key.ID, &r.Data, seen[0].Now, false)
	for i, s := range steps {
		if i == mostNotes {
			return append(out, fmt.Sprintf("and %d more resources", len(steps)-i)), err
		}
		out = append(out, s.String())
	}
	return out, err
}
