package drivers

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/internal/childtest"
	"github.com/reeve-go/reeve/internal/jobtest"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// scanRole is the variable in which a process of TestScanProcess finds what it is, a blank and the folder of the estate.
const scanRole = "REEVE_TEST_SCAN"

// TestScanProcess supervises an estate of jobs, or is one of its agents.
func TestScanProcess(t *testing.T) { //nolint:paralleltest // in a process of its own
	role, dir, ok := strings.Cut(os.Getenv(scanRole), " ")
	if !ok {
		t.Skip("it is what processes do that other tests begin")
	}
	time.AfterFunc(20*time.Minute, func() { os.Exit(3) }) // whatever becomes of the test
	e, _ := scanEstate(t, dir, rand.N(20*time.Millisecond))
	if role == "agent" {
		if err := e.Work(t.Context(), os.Getenv(scan.EnvToken)); err != nil {
			t.Fatal(err)
		}
		return
	}
	childtest.EndWithTest()
	fmt.Println("begun")
	if err := e.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// scanEstate returns the estate of jobs in a folder, whose agents are processes. What is written takes a while: that is when it is killed.
func scanEstate(t *testing.T, dir string, while time.Duration) (*jobtest.Estate, scan.Launcher) {
	t.Helper()
	agents, err := scan.NewProcesses(filepath.Join(dir, "agents"), func(string, scan.AgentSpec) *exec.Cmd {
		binary, _ := os.Executable()
		cmd := exec.Command(binary, "-test.run=^TestScanProcess$") //nolint:noctx // it outlives this process on purpose
		cmd.Env = append(os.Environ(), scanRole+"=agent "+dir)
		return cmd
	}, &scan.ProcessesOptions{Grace: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	store := storeOn(t, open(t, modernc, dsnOf(filepath.Join(dir, "estate.db"))), sqlite.Options{})
	e, err := jobtest.New(slow{store, while}, dir, agents)
	if err != nil {
		t.Fatal(err)
	}
	return e, agents
}

// A slow store takes a while before anything is written.
type slow struct {
	storage.Store

	while time.Duration
}

func (s slow) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	time.Sleep(s.while)
	return s.Store.Apply(ctx, changes)
}

func (s slow) Deliver(ctx context.Context, messages []storage.Message) ([]error, error) {
	time.Sleep(s.while)
	return s.Store.Deliver(ctx, messages)
}

func (s slow) Settle(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
	time.Sleep(s.while)
	return s.Store.Settle(ctx, settlements)
}

// portion is how many jobs are made between two kills.
const portion = 3

// The program that has the jobs done is killed again and again, wherever it is. Agents go on; no job fails or begins anew for that, and nothing is left.
func TestScanKilled(t *testing.T) {
	t.Parallel()
	kills := 12
	if testing.Short() {
		kills = 4
	}
	jobs := portion * kills
	dir := t.TempDir()
	if err := os.Rename(newPath(t, ""), filepath.Join(dir, "estate.db")); err != nil {
		t.Fatal(err)
	}
	e, agents := scanEstate(t, dir, 0)
	t.Cleanup(func() { endAgents(t, agents) })
	program := childtest.Spawn(t, "TestScanProcess", scanRole, "program "+dir)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(e.Limit(t.Context()))
	canceled := 0
	for i := range kills {
		if line, _ := program.Line(); line != "begun" {
			t.Fatalf("the program says %q", line)
		}
		time.Sleep(rand.N(400 * time.Millisecond))
		program.Kill()
		must(e.Check(t.Context()))
		must(e.Start(t.Context(), portion*i+1, portion*(i+1)))
		if i%4 == 3 {
			switch err := e.Manager.Cancel(t.Context(), fmt.Sprint("job", 1+rand.N(portion*(i+1))), "enough"); {
			case err == nil:
				canceled++
			case !errors.Is(err, scan.ErrEnded):
				t.Fatal(err)
			}
		}
		program = childtest.Spawn(t, "TestScanProcess", scanRole, "program "+dir)
	}
	var states map[scan.JobState]int
	jobtest.Until(t, func(ctx context.Context) (err error) {
		must(e.Check(ctx))
		states, err = e.Ended(ctx)
		return err
	})
	if states[scan.JobDone] < jobs-canceled || states[scan.JobFailed] > 0 {
		t.Errorf("of %d jobs, of which %d were called off, there are %v", jobs, canceled, states)
	}
	jobtest.Until(t, e.Leaks)
	epochs := map[int]int{}
	for j, err := range e.Manager.Jobs.List(t.Context(), nil) {
		must(err)
		epochs[j.Data.Epoch]++
		if j.State == scan.JobDone {
			must(e.Once(t.Context(), j))
		}
	}
	t.Logf("%v, epochs %v", states, epochs)
}

// endAgents ends what agents a test that failed has left.
func endAgents(t *testing.T, agents scan.Launcher) {
	t.Helper()
	for is, err := range agents.List(context.Background()) {
		if err == nil && !is.Gone {
			err = agents.Terminate(context.Background(), is.Token)
		}
		if err != nil {
			t.Error(err)
		}
	}
}
