package inventorytest

import (
	"fmt"
	"os"
	"testing"

	"github.com/reeve-go/reeve/internal/childtest"
	"github.com/reeve-go/reeve/storage"
)

// jobVar tells a process that it is to do a [job].
const jobVar = "REEVE_SAVING"

// SavingProcess is all that a package's TestSavingProcess calls, where [RunKilled] or [Troubles] are used. In a process
// that these began it opens the inventory at an address and works there until it is killed or the test has ended.
// Elsewhere it skips the test.
func SavingProcess(t *testing.T, open func(t testing.TB, address string) storage.Inventory) {
	t.Helper()
	text, isOne := os.LookupEnv(jobVar)
	if !isOne {
		t.Skip("only in a process of another test")
	}
	var j job
	if _, err := fmt.Sscanf(text, "%d %t %t %q", &j.place, &j.planned, &j.holds, &j.address); err != nil {
		t.Fatalf("%q is no job: %v", text, err)
	}
	childtest.EndWithTest()
	j.do(t, open(t, j.address))
}

// say tells the test something.
func say(line string) { _, _ = fmt.Fprintln(os.Stdout, line) }

// A process does a job.
type process struct{ *childtest.Process }

func start(t testing.TB, j job) *process {
	t.Helper()
	return &process{childtest.Spawn(t, "TestSavingProcess", jobVar, fmt.Sprintf("%d %t %t %q", j.place, j.planned, j.holds, j.address))}
}

func (p *process) kill(t testing.TB) {
	t.Helper()
	if err := p.Cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
}

// wait waits until the process has ended.
func (p *process) wait() { _ = p.Cmd.Wait() }
