package provisioning

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
)

// withPassword answers that it is done, with a secret.
var withPassword = line{answer: Answer{Secrets: Secrets{"password": {Value: []byte("swordfish")}}}}

func (r *rig) keep(key SecretKey) {
	r.Helper()
	r.do(r.vault.Put(r.Context(), key, withPassword.answer.Secrets))
}

// kept returns what the vault keeps secrets of.
func (r *rig) kept() []string {
	r.Helper()
	var of []string
	for key, err := range r.vault.Keys(r.Context()) {
		r.do(err)
		of = append(of, key.String())
	}
	slices.Sort(of)
	return of
}

func (r *rig) wantKept(want ...string) {
	r.Helper()
	if got := r.kept(); !slices.Equal(got, want) {
		r.Errorf("the vault keeps secrets of %v; want %v", got, want)
	}
}

// sweep demands that so much is removed.
func (r *rig) sweep(want int) {
	r.Helper()
	if removed, err := r.manager.Sweep(r.Context()); err != nil || removed != want {
		r.Errorf("the sweep has removed %d (%v); want %d", removed, err, want)
	}
}

// What nothing needs is removed; what something needs, or may come to need, is not.
func TestSweep(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		r.plain.say("ensure there", withPassword)
		r.plain.say("ensure asked", line{answer: Answer{State: InProgress, Secrets: withPassword.answer.Secrets}})
		r.plain.say("ensure failing", line{err: errAway})
		r.request("r", Spec{ID: "there", Type: "plain"}, Spec{ID: "asked", Type: "plain"}, Spec{ID: "failing", Type: "plain"}, Spec{ID: "gated", Type: "plain", Gated: true})
		r.pass(time.Second)
		r.keep(SecretKey{"r", "failing", 1}) // put before the answer was lost
		r.sweep(0)
		needed := []string{`"r"/"asked"/1`, `"r"/"failing"/1`, `"r"/"there"/1`}
		r.wantKept(needed...)

		for _, key := range []SecretKey{
			{"r", "there", 2}, {"r", "there", 0}, {"r", "gated", 1}, {"r", "nothing", 1}, {"nobody", "there", 1}, {"nobody/r", "there", 1}, {"", "", 0}, {"\xff\x00", "there", 1},
		} {
			r.keep(key)
		}
		r.sweep(8)
		r.wantKept(needed...)
		r.sweep(0)
	})
}

// Secrets that come when their resource is gone, or nobody's any more, are removed.
func TestSweepOfWhatHasEnded(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{Attempts: 1}, func(r *rig) {
		for _, id := range []string{"released", "abandoned", "deleted"} {
			r.plain.say("ensure "+id, withPassword)
		}
		r.plain.say("release abandoned", line{err: Fatal(errClosed)})
		r.request("r", Spec{ID: "released", Type: "plain"}, Spec{ID: "abandoned", Type: "plain"})
		r.request("s", Spec{ID: "deleted", Type: "plain"})
		r.pass(time.Second)
		r.do(r.manager.TerminateRequest(t.Context(), "r", "not needed"))
		r.pass(time.Second)
		r.want("r", "failed: abandoned release-failed, released absent")
		r.sweep(0)
		r.wantKept(`"r"/"abandoned"/1`, `"s"/"deleted"/1`)

		r.do(r.manager.Abandon(t.Context(), "r", "abandoned", "the data center burnt down"))
		r.do(r.manager.Requests.Delete(t.Context(), "s"))
		r.keep(SecretKey{"r", "released", 1})
		r.pass(time.Second)
		r.sweep(3)
		r.wantKept()
	})
}

// A sweepingVault is swept whenever something was put, before anybody can have recorded that.
type sweepingVault struct {
	MemoryVault

	sweep func()
}

func (v *sweepingVault) Put(ctx context.Context, key SecretKey, s Secrets) error {
	err := v.MemoryVault.Put(ctx, key, s)
	v.sweep()
	return err
}

func TestSweepBesideWork(t *testing.T) {
	t.Parallel()
	vault, sweeps := &sweepingVault{}, 0
	estate(t, Options{Vault: vault}, TypeOptions{}, func(r *rig) {
		r.vault = &vault.MemoryVault
		vault.sweep = func() {
			sweeps++
			r.sweep(0)
		}
		r.plain.say("ensure a", line{answer: Answer{State: InProgress, Again: time.Minute}}, withPassword)
		r.seen.say("ensure b", withPassword)
		r.request("r", Spec{ID: "a", Type: "plain"}, Spec{ID: "b", Type: "seen", After: []string{"a"}})
		r.pass(time.Hour)
		r.want("r", "provisioned: a present, b present")
		r.wantKept(`"r"/"a"/1`, `"r"/"b"/1`)
	})
	if sweeps != 2 {
		t.Errorf("there were %d sweeps; want one for each of two secrets", sweeps)
	}
}

// A supervisor sweeps when it begins, and then as often as it was told.
func TestSupervisorSweeps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		every time.Duration
		after time.Duration
		kept  int
	}{
		"each minute": {time.Minute, time.Minute + time.Second, 0},
		"by default":  {0, time.Hour + time.Second, 0},
		"not yet":     {0, 50 * time.Minute, 1},
		"never":       {-1, 5 * time.Hour, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &strings.Builder{}
			o := Options{Sweep: c.every, Logger: slog.New(slog.NewTextHandler(log, nil))}
			estate(t, o, TypeOptions{}, func(r *rig) {
				r.pass(time.Second)
				r.keep(SecretKey{"nobody", "a", 1})
				r.pass(c.after)
				if got := len(r.kept()); got != c.kept {
					t.Errorf("%d secrets are kept; want %d", got, c.kept)
				}
				if said := strings.Contains(log.String(), "removed=1"); said == (c.kept > 0) {
					t.Errorf("the log says %q", log)
				}
			})
		})
	}
}

// A failingVault lists one key and fails, or cannot delete.
type failingVault struct {
	MemoryVault

	keys, delete error
}

func (v *failingVault) Keys(ctx context.Context) iter.Seq2[SecretKey, error] {
	return func(yield func(SecretKey, error) bool) {
		for key, err := range v.MemoryVault.Keys(ctx) {
			if !yield(key, err) {
				return
			}
		}
		if v.keys != nil {
			yield(SecretKey{}, v.keys)
		}
	}
}

func (v *failingVault) Delete(ctx context.Context, key SecretKey) error {
	return errors.Join(v.delete, v.MemoryVault.Delete(ctx, key))
}

func TestSweepFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		vault   *failingVault
		removed int
		says    string
	}{
		"to list":   {&failingVault{keys: errAway}, 1, "provisioning: sweep: " + errAway.Error()},
		"to delete": {&failingVault{delete: errAway}, 0, `provisioning: sweep: secrets of "nobody"/"a"/1: ` + errAway.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			estate(t, Options{Vault: c.vault, Sweep: -1}, TypeOptions{}, func(r *rig) {
				r.do(c.vault.Put(t.Context(), SecretKey{"nobody", "a", 1}, nil))
				removed, err := r.manager.Sweep(t.Context())
				if removed != c.removed || !errors.Is(err, errAway) || err.Error() != c.says {
					t.Errorf("the sweep has removed %d and failed with %v; want %d and %s", removed, err, c.removed, c.says)
				}
			})
		})
	}
}

func TestSweepWithoutVault(t *testing.T) {
	t.Parallel()
	var m Manager
	if removed, err := m.Sweep(t.Context()); removed != 0 || err != nil {
		t.Errorf("the sweep has removed %d and failed with %v; there is nothing to sweep", removed, err)
	}
}
