package refresh_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/refresh"
)

func seqOf(end error, of ...string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, one := range of {
			if !yield(one, nil) {
				return
			}
		}
		if end != nil {
			yield("", end)
		}
	}
}

// counts returns what a plan says of a collection.
func countsOf(t testing.TB, p *refresh.Plan, name string) string {
	t.Helper()
	for _, c := range p.Collections {
		if c.Name == name {
			return c.String() + "; " + c.Incomplete
		}
	}
	t.Fatalf("the plan has no collection %q", name)
	return ""
}

func TestEmptyCollectionIsKept(t *testing.T) {
	t.Parallel()
	p := persister(t, nil)
	saveTargets(t, p, nil, twoVMs.full)
	const why = "nothing was brought; if there is nothing, Complete is right"

	plan := saveTargets(t, p, nil, func(*estate) {})
	for name, want := range map[string]string{
		"hosts": "2 kept; " + why, "vms": "2 kept; " + why, "disks": `3 kept; its rows belong to those of "vms": ` + why,
	} {
		if got := countsOf(t, plan, name); got != want {
			t.Errorf("collection %q: %s; %s is right", name, got, want)
		}
	}
	if !plan.Empty() {
		t.Errorf("the plan of nothing is\n%s", planText(t, plan))
	}

	// One VM is gone, and nothing is said of disks: those of the VM go with it, the other stays.
	plan = saveTargets(t, p, nil, func(e *estate) {
		e.Hosts.Complete()
		e.VMs.Build(VM{Ref: "2"})
	})
	for name, want := range map[string]string{"hosts": "2 deleted; ", "vms": "1 updated, 1 deleted; ", "disks": "2 deleted, 1 kept; " + why} {
		if got := countsOf(t, plan, name); got != want {
			t.Errorf("collection %q: %s; %s is right", name, got, want)
		}
	}
}

func TestIncompleteCollection(t *testing.T) {
	t.Parallel()
	p := persister(t, nil)
	saveTargets(t, p, nil, twoVMs.full)
	broken := errors.New("connection reset")
	plan := saveTargets(t, p, nil, func(e *estate) {
		e.Hosts.Build(Host{Ref: "h1", Name: "renamed"})
		e.VMs.Incomplete(nil)
		e.VMs.Complete()
		err := refresh.Each(t.Context(), seqOf(broken, "1", "3"), func(ref string) error {
			e.VMs.Build(VM{Ref: ref, Name: "new", Host: e.Hosts.LazyFind("h1")})
			e.Disks.Build(Disk{VM: e.VMs.LazyFind(ref), Device: "sda"})
			return nil
		}, e.VMs)
		if !errors.Is(err, broken) {
			t.Errorf("Each returns %v; the sequence's error is right", err)
		}
		e.VMs.Incomplete(errors.New("a later reason"))
	})
	for name, want := range map[string]string{
		"hosts": "1 updated, 1 deleted; ",
		"vms":   "1 created, 2 updated, 1 kept; connection reset", // one of them because its host is gone
		"disks": `1 created, 1 updated, 2 kept; its rows belong to those of "vms": connection reset`,
	} {
		if got := countsOf(t, plan, name); got != want {
			t.Errorf("collection %q: %s; %s is right", name, got, want)
		}
	}
	// What stays can be pointed at.
	plan = saveTargets(t, p, nil, func(e *estate) {
		e.VMs.Incomplete(broken)
		e.Disks.Build(Disk{VM: e.VMs.LazyFind("2"), Device: "new"})
	})
	if got := countsOf(t, plan, "disks"); !strings.HasPrefix(got, "1 created") || len(plan.Refused()) > 0 {
		t.Errorf("a disk of a VM that is there is: %s\n%s", got, planText(t, plan))
	}
}

func TestEach(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	ended, end := context.WithCancelCause(t.Context())
	end(broken)
	for name, c := range map[string]struct {
		ctx  context.Context
		from iter.Seq2[string, error]
		f    func(string) error
		want error
		runs int
	}{
		"all":                      {t.Context(), seqOf(nil, "1", "2"), func(string) error { return nil }, nil, 2},
		"none":                     {ended, seqOf(nil), func(string) error { return nil }, nil, 0},
		"an error of the sequence": {t.Context(), seqOf(broken, "1"), func(string) error { return nil }, broken, 1},
		"an error of the function": {t.Context(), seqOf(nil, "1", "2"), func(string) error { return broken }, broken, 1},
		"the context ended":        {ended, seqOf(nil, "1", "2"), func(string) error { return nil }, broken, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := persister(t, nil)
			saveTargets(t, p, nil, twoVMs.full)
			plan := saveTargets(t, p, nil, func(e *estate) {
				runs := 0
				e.Hosts.Complete()
				e.VMs.Build(VM{Ref: "1"})
				err := refresh.Each(c.ctx, c.from, func(v string) error { runs++; return c.f(v) }, e.VMs, e.Hosts)
				if !errors.Is(err, c.want) || runs != c.runs {
					t.Errorf("Each returns %v after %d runs; %v after %d is right", err, runs, c.want, c.runs)
				}
			})
			for _, name := range []string{"hosts", "vms"} {
				if got := countsOf(t, plan, name); strings.Contains(got, "kept") != (c.want != nil) {
					t.Errorf("collection %q: %s", name, got)
				}
			}
		})
	}
}

func TestEachThatPanics(t *testing.T) {
	t.Parallel()
	p := persister(t, nil)
	saveTargets(t, p, nil, twoVMs.full)
	for name, panics := range map[string]func(e *estate){
		"the function": func(e *estate) {
			_ = refresh.Each(t.Context(), seqOf(nil, "1"), func(string) error { panic("oh") }, e.Hosts)
		},
		"the sequence": func(e *estate) {
			_ = refresh.Each(t.Context(), func(yield func(string, error) bool) { yield("1", nil); panic("oh") }, func(string) error { return nil }, e.Hosts)
		},
	} {
		plan := saveTargets(t, p, nil, func(e *estate) {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: the panic is lost", name)
				}
			}()
			e.Hosts.Complete()
			panics(e)
		})
		if got := countsOf(t, plan, "hosts"); got != "2 kept; it was left by a panic" {
			t.Errorf("%s: hosts: %s", name, got)
		}
	}
}
