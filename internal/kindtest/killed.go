package kindtest

import (
	"math/rand/v2"
	"os/exec"
	"testing"

	"github.com/reeve-go/reeve/storage"
)

// Killed tests that supervisors in several processes, which work on the store at an address, can be killed
// at random moments: one of them, then two, up to all at once, and again, for some rounds.
func Killed(t *testing.T, store storage.Store, address string, processes, rounds int) {
	t.Helper()
	if testing.Short() {
		rounds = processes
	}
	c := NewCrowd(t, store, 4)
	var crew []*exec.Cmd
	for round := range rounds {
		for len(crew) < processes {
			crew = append(crew, c.Start(t, address))
		}
		c.Ask(t, 5)
		c.Say(t, rand.N(30))
		c.Ask(t, 1) // so that they die at work
		doomed := crew[:1+round%processes]
		crew = crew[len(doomed):]
		for _, cmd := range doomed {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
		c.Say(t, 1)
		for _, cmd := range doomed {
			if _ = cmd.Wait(); cmd.ProcessState.Exited() {
				t.Errorf("a supervisor did not wait to be killed: %v", cmd.ProcessState)
			}
		}
	}
	done, all := c.Done(t)
	t.Logf("after the last death %d of %d runs were honored", done, all)
	c.Start(t, address)
	c.Finish(t)
}

// Migrated tests that a process works on while migrate changes the tables of the store at an address under
// it, and that another can be started afterwards.
func Migrated(t *testing.T, store storage.Store, address string, migrate func()) {
	t.Helper()
	c := NewCrowd(t, store, 10)
	c.Ask(t, 8)
	c.Start(t, address)
	for done, all := c.Done(t); done == 0 || done == all; done, all = c.Done(t) { // the migration is to come in between
		if done > 0 {
			c.Ask(t, 8)
		}
		c.Say(t, 1)
	}
	migrate()
	c.Say(t, 10)
	c.Start(t, address)
	c.Finish(t)
}
