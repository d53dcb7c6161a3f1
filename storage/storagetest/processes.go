package storagetest

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// childVar tells a process that it is the child of a test: what to do, the kind of the records, two
// of their states, and the address of the store, in lines of their own.
const childVar = "REEVE_STORAGETEST_CHILD"

// Main is what TestMain calls in a package whose backends have addresses, so that tests can run the
// test binary again as other processes on the same data. It runs the tests; in such a process it
// opens the store and works on it instead.
func Main(m *testing.M, open func(address string) (storage.Store, error)) {
	if job, isChild := os.LookupEnv(childVar); isChild {
		os.Exit(child(job, open))
	}
	m.Run()
}

func processes() group {
	return group{"processes", []testCase{
		{name: "E7 two processes handle nothing twice", run: inProcesses(processE7), real: true},
		{name: "what was acknowledged survives being killed, and nothing is doubled", run: inProcesses(killed), real: true},
	}}
}

func inProcesses(run func(*scene)) func(*scene) {
	return func(s *scene) {
		if s.Address == "" {
			s.Skip("the backend cannot be opened by other processes: Backend.Address is empty")
		}
		run(s)
	}
}

// A process is a child that works on the store of the test.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser // a line lets the child begin, its end ends the child
	lines *bufio.Scanner
}

func (s *scene) start(job string) *process {
	s.Helper()
	binary, err := os.Executable()
	s.is("finding the test binary", err, nil)
	p := &process{cmd: exec.CommandContext(s.ctx, binary, "-test.run=^$")}
	p.cmd.Env = append(os.Environ(), childVar+"="+strings.Join([]string{job, s.Kind, s.States[0], s.States[1], s.Address}, "\n"))
	p.cmd.Stderr = s.Output()
	p.stdin, err = p.cmd.StdinPipe()
	s.is("a pipe to a process", err, nil)
	stdout, err := p.cmd.StdoutPipe()
	s.is("a pipe from a process", err, nil)
	p.lines = bufio.NewScanner(stdout)
	s.is("starting a process", p.cmd.Start(), nil)
	s.Cleanup(func() { // before its files are removed
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	if !p.lines.Scan() || p.lines.Text() != "ready" {
		s.Fatalf("the process said %q; TestMain must call storagetest.Main", p.lines.Text())
	}
	return p
}

// begin lets processes that are ready begin together.
func (s *scene) begin(processes ...*process) {
	s.Helper()
	for _, p := range processes {
		_, err := io.WriteString(p.stdin, "begin\n")
		s.is("letting a process begin", err, nil)
	}
}

// rest returns what the process says until it ends. Being killed is no error.
func (p *process) rest() (lines []string, err error) {
	for p.lines.Scan() {
		lines = append(lines, p.lines.Text())
	}
	if err = p.cmd.Wait(); p.cmd.ProcessState.ExitCode() < 0 {
		err = nil
	}
	return lines, err
}

// leaseOfChild is short, because what a killed process held is waited for.
const leaseOfChild = 300 * time.Millisecond

func processE7(s *scene) {
	const n, crew = 600, 2
	c := s.creation("first")
	for i := range n {
		k := storage.Key{Kind: s.Kind, ID: fmt.Sprintf("r%03d", i)}
		c.Spawn = append(c.Spawn, storage.Spawn{Record: storage.Record{Key: k, State: s.States[0], Data: s.Data(0), Due: s.now()}})
	}
	s.must(c)
	var running []*process
	for range crew {
		running = append(running, s.start("drain"))
	}
	s.begin(running...)
	handled := map[string]int{}
	for _, p := range running {
		lines, err := p.rest()
		s.is("a process that handles records", err, nil)
		for _, id := range lines {
			handled[id]++
		}
	}
	s.same("how many records were handled", len(handled), n)
	for id, times := range handled {
		if times != 1 {
			s.Errorf("%s was handled %d times; each record is claimed by one", id, times)
		}
	}
}

func killed(s *scene) {
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	s.must(storage.Change{Key: s.keyOf(other, "sink"), Record: storage.Record{State: "new"}})
	var ids []string
	for i := range 4 {
		ids = append(ids, fmt.Sprint("r", i))
		s.create(ids[i], s.dueIn(0))
	}
	var acknowledged []string
	for range rounds {
		acknowledged = append(acknowledged, s.killRound()...)
		s.passReal(leaseOfChild)
	}
	after := s
	if s.Open != nil {
		reopened := *s
		reopened.Store = s.Open(s)
		after = &reopened
	}
	nonces := map[string]bool{}
	for _, id := range ids {
		after.whole(id, nonces)
	}
	for _, nonce := range acknowledged {
		if !nonces[nonce] {
			s.Errorf("change %q was acknowledged and is not there after a kill; what is answered with nil is there", nonce)
		}
	}
	if len(acknowledged) < rounds {
		s.Errorf("%d changes were acknowledged in %d rounds; the processes made no progress", len(acknowledged), rounds)
	}
}

// killRound lets two processes work for a random time, kills them, and returns what they had
// acknowledged.
func (s *scene) killRound() (acknowledged []string) {
	s.Helper()
	first, second := s.start("work"), s.start("work")
	s.begin(first, second)
	if first.lines.Scan() { // so that a round is worth its name
		acknowledged = append(acknowledged, first.lines.Text())
	}
	sleep(time.Duration(rand.N(100)) * time.Millisecond)
	for _, p := range []*process{first, second} {
		s.is("killing a process", p.cmd.Process.Kill(), nil)
	}
	for _, p := range []*process{first, second} {
		lines, err := p.rest()
		s.is("a process that works", err, nil)
		acknowledged = append(acknowledged, lines...)
	}
	return acknowledged
}

// passReal lets time pass for a store that other processes use.
func (s *scene) passReal(d time.Duration) {
	if s.Virtual {
		sleep(d)
	} else {
		s.Pass(d)
	}
}

// whole demands that each change of a record is there with all that it meant, and once.
func (s *scene) whole(id string, nonces map[string]bool) {
	s.Helper()
	var lines, elements, effects, sent, want []string
	for _, l := range s.history(id) {
		lines = append(lines, strconv.FormatUint(l.Version, 10))
		if nonces[l.Cause] {
			s.Errorf("change %q of %q is there twice", l.Cause, id)
		}
		nonces[l.Cause] = true
	}
	r := s.load(id)
	for v := uint64(2); v <= r.Version; v++ {
		want = append(want, strconv.FormatUint(v, 10))
	}
	for _, e := range s.elementsOf(id, storage.ElementQuery{}) {
		elements = append(elements, e.Name)
	}
	for _, e := range collect(s, s.Store.Effects(s.ctx, storage.EffectQuery{From: s.key(id)})) {
		effects = append(effects, strings.TrimPrefix(e.ID, id+"/"))
	}
	for _, m := range collect(s, s.Store.Messages(s.ctx, storage.MessageQuery{To: s.keyOf(other, "sink")})) {
		if version, ok := strings.CutPrefix(m.ID, id+"/"); ok {
			sent = append(sent, version)
		}
	}
	s.same("the versions in the history of "+id, lines, want)
	s.same("the changes of "+id+" by its count", r.Failures, len(want))
	slices.Sort(want)
	s.same("the changes of "+id+" by its elements", elements, want)
	slices.Sort(effects)
	s.same("the changes of "+id+" by its effects", effects, want)
	slices.Sort(sent)
	s.same("the changes of "+id+" by the messages it sent", sent, want)
}

// child is what a process does instead of running tests. It returns its exit code.
func child(job string, open func(address string) (storage.Store, error)) int {
	parts := strings.SplitN(job, "\n", 5)
	if len(parts) < 5 {
		fmt.Fprintf(os.Stderr, "storagetest: the job of a child process is %q; five lines are right\n", job)
		return 1
	}
	store, err := open(parts[4])
	if err == nil {
		fmt.Println("ready") //nolint:forbidigo // the test reads it
		stdin := bufio.NewReader(os.Stdin)
		_, _ = stdin.ReadString('\n')
		go func() {
			_, _ = io.Copy(io.Discard, stdin) // ends with the test
			os.Exit(0)
		}()
		w := worker{store: store, kind: parts[1], states: parts[2:4]}
		switch parts[0] {
		case "drain":
			err = w.drain()
		case savingJob:
			err = keepSaving(store)
		default:
			err = w.work()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "storagetest: a child process:", err)
		return 1
	}
	return 0
}
