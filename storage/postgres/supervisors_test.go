package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage/postgres"
	"github.com/reeve-go/reeve/supervision/supervisiontest"
)

// crewVar tells a process that it is a supervisor of [TestSupervisorsAreKilled]: the address of the store
// and the outside, in lines of their own.
const crewVar = "REEVE_SUPERVISOR"

// TestSupervisorProcess is no test: it is what the processes of the next one do, until they are killed.
func TestSupervisorProcess(t *testing.T) { //nolint:paralleltest // it has its process to itself
	job, isOne := os.LookupEnv(crewVar)
	if !isOne {
		t.Skip("only in a process of another test")
	}
	address, folder, _ := strings.Cut(job, "\n")
	store, err := openAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	s, err := crewOf(errandsOn(t, store), outside(folder))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the test
		os.Exit(0)
	}()
	fmt.Println("ready")
	t.Fatal(s.Run(context.Background()))
}

// startSupervisor starts another process and waits until it works.
func startSupervisor(t *testing.T, address string, o outside) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run=^TestSupervisorProcess$")
	cmd.Env = append(os.Environ(), crewVar+"="+address+"\n"+string(o))
	cmd.Stderr = t.Output()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // before its tables are dropped
		_ = stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("a supervisor said %q instead of being ready", lines.Text())
	}
	return cmd
}

// Three supervisors work on one schema, and one of them is killed at a random moment, again and again. In the
// end each errand was run as often as it was to be, by its keys; all that was said was heard, once and in
// its order; and the histories have no gap.
func TestSupervisorsAreKilled(t *testing.T) {
	t.Parallel()
	const crew, number, runs = 3, 9, 15
	deaths := 9
	if testing.Short() {
		deaths = 3
	}
	url := inNoHurry(pgtest.URL(t))
	pool, o := poolOn(t, url), outside(t.TempDir())
	options := dropped(t, pool, postgres.Options{})
	k := errandsOn(t, storeOn(t, pool, options))
	said := map[string][]string{}
	for i := range number {
		id := fmt.Sprint("e", i)
		said[id] = nil
		if err := k.Create(t.Context(), id, errand{Runs: runs}); err != nil {
			t.Fatal(err)
		}
	}
	address := options.Schema + " " + url
	crewmen := make([]*exec.Cmd, crew)
	for i := range crewmen {
		crewmen[i] = startSupervisor(t, address, o)
	}
	for i := range deaths {
		say(t, k, said, 5+rand.N(10))
		if err := crewmen[i%crew].Process.Kill(); err != nil {
			t.Error(err)
		}
		say(t, k, said, 1)
		_ = crewmen[i%crew].Wait()
		crewmen[i%crew] = startSupervisor(t, address, o)
	}
	t.Logf("after the last death %d of %d errands have been run", len(o.keys(t)), number*runs)
	rest := supervisiontest.AtRest(k)
	eventuallyWithin(t, time.Minute, "the errands are not back", func() error {
		return errors.Join(rest(t.Context()), unheard(t, k, said))
	})
	check(t, k, said, o, runs)
}
