package kindtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/internal/childtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// supervisorVar tells a process that it is a supervisor of errands: the address of the store and the
// outside, in lines of their own.
const supervisorVar = "REEVE_SUPERVISOR"

// SupervisorProcess is all that a package's TestSupervisorProcess calls, where [Crowd.Start] or [Killed]
// is used. In a process that these began it opens the store and supervises errands until it is killed or
// the test has ended. Elsewhere it skips the test.
func SupervisorProcess(t *testing.T, open func(address string) (storage.Store, error)) {
	t.Helper()
	job, isOne := os.LookupEnv(supervisorVar)
	if !isOne {
		t.Skip("only in a process of another test")
	}
	address, folder, _ := strings.Cut(job, "\n")
	store, err := open(address)
	if err != nil {
		t.Fatal(err)
	}
	s := newSupervisor(t, NewErrandKind(t, store, &ErrandOptions{Journal: true}), Outside(folder))
	childtest.EndWithTest()
	_, _ = fmt.Fprintln(os.Stdout, "ready")
	t.Fatal(s.Run(context.Background()))
}

// newSupervisor returns a supervisor of errands who is in a hurry.
func newSupervisor(t testing.TB, k *ErrandKind, o Outside) *supervision.Supervisor {
	t.Helper()
	soon := func(int) time.Duration { return time.Millisecond }
	s, err := supervision.New(&supervision.Options{Poll: 5 * time.Millisecond, Lease: time.Second, Batch: 4, Effects: 4, Backoff: soon})
	if err != nil {
		t.Fatal(err)
	}
	supervision.Supervise(s, k, DecideErrand, supervision.Emits(RunErrand))
	supervision.Perform(s, RunErrand, o.Honor, &supervision.PerformOptions{Attempts: -1}) // who dies or is slow has not failed
	return s
}

// Supervise has a supervisor work in this process until stop is called.
func (c *Crowd) Supervise(t testing.TB) (stop func()) {
	t.Helper()
	s := newSupervisor(t, c.Kind, c.Outside)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// Start has a supervisor work in another process, until it is killed or the test ends.
func (c *Crowd) Start(t testing.TB, address string) *exec.Cmd {
	t.Helper()
	p := childtest.Spawn(t, "TestSupervisorProcess", supervisorVar, address+"\n"+string(c.Outside))
	if said, _ := p.Line(); said != "ready" {
		t.Fatalf("a supervisor said %q instead of being ready", said)
	}
	return p.Cmd
}
