package refresh_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/refresh"
)

// planOf returns what a refresh of one manager would change.
func planOf(t testing.TB, p *refresh.Persister[*estate], parse func(*estate)) *refresh.Plan {
	t.Helper()
	r, err := p.Open(t.Context(), "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	parse(r.Inventory)
	plan, err := r.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = plan.Close() })
	return plan
}

func somePlan(t testing.TB) (*refresh.Persister[*estate], *refresh.Plan) {
	t.Helper()
	p, err := refresh.NewPersister(declare, inventory(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	save(t, p, func(e *estate) {
		e.Hosts.Build(Host{Ref: "h0", Name: "zero"})
		e.Hosts.Build(Host{Ref: "h1", Name: "one"})
		e.VMs.Build(VM{Ref: "v0", Host: e.Hosts.LazyFind("h0")})
	})
	return p, planOf(t, p, func(e *estate) {
		e.Hosts.Build(Host{Ref: "h1", Name: "first"})
		e.VMs.Build(VM{Ref: "v0", Host: e.Hosts.LazyFind("h2")})
		v1 := e.VMs.Build(VM{Ref: "v1", Host: e.Hosts.LazyFind("h3")})
		e.Hosts.Build(Host{Ref: "h3"})
		e.Disks.Build(Disk{VM: v1, Device: "sda", Size: 7})
		e.VMs.Build(VM{})
	})
}

func text1(t testing.TB, write func(*bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A plan that was written and read again is the same, and makes the same true.
func TestPlanIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	p, plan := somePlan(t)
	asJSON := func(p *refresh.Plan) string { return text1(t, func(b *bytes.Buffer) error { return p.WriteJSON(b) }) }
	forPeople := func(p *refresh.Plan) string {
		return text1(t, func(b *bytes.Buffer) error { _, err := p.WriteTo(b); return err })
	}
	for _, memory := range []int{0, 1} {
		again, err := refresh.ReadPlan(strings.NewReader(asJSON(plan)), memory)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := asJSON(plan), asJSON(again); a != b {
			t.Errorf("written\n%s\nread\n%s", a, b)
		}
		if a, b := forPeople(plan), forPeople(again); a != b {
			t.Errorf("printed\n%s\nafter it was read\n%s", a, b)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
	again, err := refresh.ReadPlan(strings.NewReader(asJSON(plan)), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Apply(t.Context(), again, 0); err != nil {
		t.Fatal(err)
	}
	if left := planOf(t, p, func(e *estate) {
		e.Hosts.Build(Host{Ref: "h1", Name: "first"})
		e.Hosts.Build(Host{Ref: "h3"})
		e.VMs.Build(VM{Ref: "v0"})
		e.Disks.Build(Disk{VM: e.VMs.Build(VM{Ref: "v1", Host: e.Hosts.LazyFind("h3")}), Device: "sda", Size: 7})
	}); !left.Empty() {
		t.Errorf("after the plan was made true there is still to do\n%s", forPeople(left))
	}
}

// What is no plan, or not all of one, is refused by its line.
func TestWhatIsNoPlan(t *testing.T) {
	t.Parallel()
	_, plan := somePlan(t)
	whole := text1(t, func(b *bytes.Buffer) error { return plan.WriteJSON(b) })
	lines := strings.SplitAfter(strings.TrimSpace(whole), "\n")
	for name, c := range map[string]struct{ text, says string }{
		"nothing":             {"", "first line"},
		"no JSON":             {"hello", "first line"},
		"another version":     {strings.Replace(whole, `"plan":1`, `"plan":7`, 1), "version 7"},
		"a change is missing": {strings.Join(lines[:len(lines)-1], ""), "not whole"},
		"an unknown kind":     {strings.Replace(whole, `"change":"insert"`, `"change":"explode"`, 1), `"explode"`},
		"an unknown field":    {strings.Replace(whole, `"row"`, `"rowe"`, 1), "rowe"},
		"an unknown collection": {
			strings.Replace(whole, `"change":"insert","collection":"disks"`, `"change":"insert","collection":"tapes"`, 1), `"tapes"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := refresh.ReadPlan(strings.NewReader(c.text), 0); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v; it was to say %s", err, c.says)
			}
		})
	}
}

// Whatever the text, reading it ends with a plan or an error.
func FuzzReadPlan(f *testing.F) {
	_, plan := somePlan(f)
	f.Add(text1(f, func(b *bytes.Buffer) error { return plan.WriteJSON(b) }))
	f.Add(`{"plan":1,"collections":[{"name":"a","columns":["x"],"keys":2}]}`)
	f.Add(`{"plan":1,"collections":[null]}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := refresh.ReadPlan(strings.NewReader(text), 100)
		if err != nil {
			return
		}
		for c, err := range p.Changes() {
			if err != nil {
				t.Fatal(err)
			}
			_ = c.String()
		}
		_ = p.Close()
	})
}
