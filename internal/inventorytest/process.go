package inventorytest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

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
	endWithTest()
	j.do(t, open(t, j.address))
}

// endWithTest ends this process when the test that spawned it has ended.
func endWithTest() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
}

// say tells the test something.
func say(line string) { _, _ = fmt.Fprintln(os.Stdout, line) }

// A process does a job.
type process struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func start(t testing.TB, j job) *process {
	t.Helper()
	return spawn(t, "TestSavingProcess", jobVar, fmt.Sprintf("%d %t %t %q", j.place, j.planned, j.holds, j.address))
}

// spawn begins a process in which a test of this package finds a variable.
func spawn(t testing.TB, test, variable, value string) *process {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.CommandContext(t.Context(), binary, "-test.run=^"+test+"$")}
	p.cmd.Env = append(os.Environ(), variable+"="+value)
	p.cmd.Stderr = t.Output()
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(stdout)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // before its files are removed
		_ = stdin.Close()
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	return p
}

// line returns what the process says next. It is false if it has ended.
func (p *process) line() (string, bool) {
	more := p.lines.Scan()
	return p.lines.Text(), more
}

func (p *process) kill(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
}

// wait waits until the process has ended.
func (p *process) wait() { _ = p.cmd.Wait() }
