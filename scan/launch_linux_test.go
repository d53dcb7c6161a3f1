package scan_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/reeve-go/reeve/internal/childtest"
	"github.com/reeve-go/reeve/scan"
)

const (
	asAgent    = "REEVE_TEST_AGENT"
	asLauncher = "REEVE_TEST_LAUNCHER"
)

// TestAgentProcess is what launchers start here.
func TestAgentProcess(t *testing.T) {
	t.Parallel()
	role := os.Getenv(asAgent)
	if role == "" {
		t.Skip("it runs in processes that other tests launch")
	}
	go endWithTest()
	switch role {
	case "short":
		return
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
	case "family", "orphan": // has a child of its own, in a group of its own
		child := exec.CommandContext(t.Context(), myself(t), "-test.run=^TestAgentProcess$")
		child.Env = append(os.Environ(), asAgent+"=stubborn")
		child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		report(t, fmt.Sprint(child.Process.Pid))
		if role == "orphan" {
			os.Exit(0) // and leaves it behind
		}
	case "avenger":
		_ = syscall.Kill(os.Getppid(), syscall.SIGKILL)
	}
	report(t, "")
	select {}
}

// report leaves a word for the test beside the launcher's folder.
func report(t *testing.T, word string) {
	t.Helper()
	file := filepath.Join(filepath.Dir(os.Getenv(scan.EnvLauncher)), os.Getenv(scan.EnvToken)+".said")
	if word == "" {
		if _, err := os.Stat(file); err == nil {
			return
		}
	}
	if err := os.WriteFile(file+".tmp", []byte(word), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".tmp", file); err != nil {
		t.Fatal(err)
	}
}

// TestLauncherProcess launches an agent, until it is killed.
func TestLauncherProcess(t *testing.T) {
	t.Parallel()
	order := os.Getenv(asLauncher)
	if order == "" {
		t.Skip("it runs in processes that other tests spawn")
	}
	childtest.EndWithTest()
	dir, role, _ := strings.Cut(order, "|")
	p, err := scan.NewProcesses(dir, func(string, scan.AgentSpec) *exec.Cmd {
		fmt.Println("starting")
		if role == "before" {
			select {}
		}
		return agentCommand(role)
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("begun")
	if _, err := p.Launch(t.Context(), "a", scan.AgentSpec{}); err != nil {
		t.Fatal(err)
	}
	fmt.Println("launched")
	select {}
}

func myself(t *testing.T) string {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

func agentCommand(role string) *exec.Cmd {
	binary, _ := os.Executable()
	cmd := exec.Command(binary, "-test.run=^TestAgentProcess$") //nolint:noctx // it outlives the test's context on purpose
	cmd.Env = append(os.Environ(), asAgent+"="+role, asLauncher+"=")
	return cmd
}

// Premises are a folder for a launcher, beside which its agents see that the test has ended, and end as well. No launcher has to live for that.
func premises(t *testing.T) (dir string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "end")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	open, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = open.Close() })
	return filepath.Join(filepath.Dir(name), "launcher")
}

// endWithTest ends an agent that nobody has ended.
func endWithTest() {
	if test, err := os.Open(filepath.Join(filepath.Dir(os.Getenv(scan.EnvLauncher)), "end")); err == nil {
		_, _ = io.Copy(io.Discard, test)
	}
	os.Exit(3)
}

// launcher returns a launcher of processes of a role. What it launched ends with the test.
func launcher(t *testing.T, dir, role string) *scan.Processes {
	t.Helper()
	p, err := scan.NewProcesses(dir, func(string, scan.AgentSpec) *exec.Cmd { return agentCommand(role) }, &scan.ProcessesOptions{Grace: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		for i, err := range p.List(ctx) {
			if err != nil {
				t.Error(err)
			} else if err := p.Terminate(ctx, i.Token); err != nil {
				t.Error(err)
			}
		}
	})
	return p
}

func launch(t *testing.T, p *scan.Processes, token string) scan.Instance {
	t.Helper()
	i, err := p.Launch(t.Context(), token, scan.AgentSpec{Fleet: "f", Width: 1})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// listed returns the instances, as one line each.
func listed(t *testing.T, p *scan.Processes) map[string]scan.Instance {
	t.Helper()
	out := map[string]scan.Instance{}
	for i, err := range p.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := out[i.Token]; twice {
			t.Errorf("%q is listed twice", i.Token)
		}
		out[i.Token] = i
	}
	return out
}

// alive counts the processes under a token of a folder, as the kernel knows them.
func alive(t *testing.T, dir, token string) (n int) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		environment, _ := os.ReadFile(file)
		text := "\x00" + string(environment)
		if strings.Contains(text, "\x00"+scan.EnvLauncher+"="+dir+"\x00") && strings.Contains(text, "\x00"+scan.EnvToken+"="+token+"\x00") {
			n++
		}
	}
	return n
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for !is() {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatalf("it never was: %s", what)
		}
	}
}

// One token is one process, whoever launches it and how often.
func TestProcessesLaunchOnce(t *testing.T) {
	t.Parallel()
	dir := premises(t)
	p, other := launcher(t, dir, "wait"), launcher(t, dir, "wait")
	seen := make(chan scan.Instance, 8)
	for n := range cap(seen) {
		go func() { seen <- launch(t, []*scan.Processes{p, other}[n%2], "a") }()
	}
	first := <-seen
	for range cap(seen) - 1 {
		if i := <-seen; i != first {
			t.Errorf("it is %+v for one, and %+v for another", i, first)
		}
	}
	if first.Gone || first.ID == "" || alive(t, dir, "a") != 1 {
		t.Errorf("%+v was launched, %d processes run", first, alive(t, dir, "a"))
	}
	odd := launch(t, p, "b/../ ü")
	if got := listed(t, other); got["a"] != first || got[odd.Token] != odd || len(got) != 2 {
		t.Errorf("the list is %+v", got)
	}
}

// After Terminate nothing runs under the token, and nothing ever will.
func TestProcessesTerminate(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"wait", "stubborn", "family"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			dir := premises(t)
			p := launcher(t, dir, role)
			launch(t, p, "a")
			said := filepath.Join(filepath.Dir(dir), "a.said")
			eventually(t, "the agent has begun", func() bool { _, err := os.Stat(said); return err == nil })
			for range 2 {
				if err := p.Terminate(t.Context(), "a"); err != nil {
					t.Fatal(err)
				}
				if n := alive(t, dir, "a"); n != 0 {
					t.Errorf("%d processes run", n)
				}
			}
			if role == "family" {
				word, err := os.ReadFile(said)
				if err != nil {
					t.Fatal(err)
				}
				pid, err := strconv.Atoi(string(word))
				if err != nil {
					t.Fatal(err)
				}
				eventually(t, "the child has ended", func() bool { return ended(pid) })
			}
			if i := launch(t, launcher(t, dir, role), "a"); !i.Gone || alive(t, dir, "a") != 0 || len(listed(t, p)) != 0 {
				t.Errorf("it came back: %+v", i)
			}
		})
	}
	t.Run("before it is launched", func(t *testing.T) {
		t.Parallel()
		dir := premises(t)
		p := launcher(t, dir, "wait")
		if err := p.Terminate(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if i := launch(t, p, "a"); !i.Gone || alive(t, dir, "a") != 0 {
			t.Errorf("it was launched: %+v", i)
		}
	})
}

// ended reports whether a process is gone, or waits to be reaped by whom it was left to.
func ended(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

// A process that ends by itself is listed as gone, and its token starts no other.
func TestProcessesThatEnd(t *testing.T) {
	t.Parallel()
	dir := premises(t)
	p := launcher(t, dir, "short")
	first := launch(t, p, "a")
	eventually(t, "the process is gone", func() bool { return listed(t, p)["a"].Gone })
	if i := launch(t, p, "a"); !i.Gone || i.ID != first.ID {
		t.Errorf("it is %+v, and was %+v", i, first)
	}
	if err := p.Terminate(t.Context(), "a"); err != nil || len(listed(t, p)) != 0 {
		t.Errorf("it is still listed, or %v", err)
	}
}

// What an agent left behind is no agent, and ends with its token.
func TestProcessesLeftBehind(t *testing.T) {
	t.Parallel()
	dir := premises(t)
	p := launcher(t, dir, "orphan")
	launch(t, p, "a")
	eventually(t, "the agent is gone", func() bool { return listed(t, p)["a"].Gone })
	if i := launch(t, p, "a"); !i.Gone || alive(t, dir, "a") != 1 {
		t.Errorf("it is %+v, %d processes run, want the one that was left", i, alive(t, dir, "a"))
	}
	if err := p.Terminate(t.Context(), "a"); err != nil || alive(t, dir, "a") != 0 {
		t.Errorf("%d processes run, %v", alive(t, dir, "a"), err)
	}
}

// Processes outlive their launcher; the next one finds them, wherever the first was killed.
func TestProcessesOutliveTheLauncher(t *testing.T) {
	t.Parallel()
	for role, until := range map[string]string{"wait": "launched", "before": "starting", "avenger": "starting"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			dir := premises(t)
			child := childtest.Spawn(t, "TestLauncherProcess", asLauncher, dir+"|"+role)
			for line, more := child.Line(); more && line != until; {
				line, more = child.Line()
			}
			if role == "avenger" { // it kills its launcher, which has not recorded it, or just so
				_ = child.Cmd.Wait()
			}
			child.Kill()
			first := listedAny(t, dir)
			p := launcher(t, dir, "wait")
			i := launch(t, p, "a")
			if i.Gone || alive(t, dir, "a") != 1 || (first != "" && i.ID != first) {
				t.Errorf("it is %+v, and was %q, %d run", i, first, alive(t, dir, "a"))
			}
			if got := listed(t, p); got["a"] != i {
				t.Errorf("listed is %+v, it is %+v", got["a"], i)
			}
		})
	}
}

func listedAny(t *testing.T, dir string) string {
	t.Helper()
	return listed(t, launcher(t, dir, "wait"))["a"].ID
}

// A launcher that is killed at any time leaves one process at most, and the next one knows it.
func TestProcessesLauncherIsKilledAnywhere(t *testing.T) {
	t.Parallel()
	rounds := 25
	if testing.Short() {
		rounds = 5
	}
	unrecorded := 0
	for round := range rounds {
		dir := premises(t)
		child := childtest.Spawn(t, "TestLauncherProcess", asLauncher, dir+"|wait")
		for line, more := child.Line(); more && line != "starting"; {
			line, more = child.Line()
		}
		select { // somewhere between the order to start and the record
		case <-time.After(time.Duration(round) * 150 * time.Microsecond):
		case <-t.Context().Done():
		}
		child.Kill()
		p := launcher(t, dir, "wait")
		before := alive(t, dir, "a")
		records, _ := filepath.Glob(filepath.Join(dir, "*.json"))
		if before == 1 && len(records) == 0 {
			unrecorded++
		}
		i := launch(t, p, "a")
		if after := alive(t, dir, "a"); i.Gone || after != 1 || before > 1 {
			t.Errorf("round %d: %d ran, and %d afterwards; %+v", round, before, after, i)
		}
		if err := p.Terminate(t.Context(), "a"); err != nil || alive(t, dir, "a") != 0 {
			t.Errorf("round %d: it was not terminated, %v", round, err)
		}
	}
	t.Logf("%d of %d launchers died between the start and the record", unrecorded, rounds)
}

func TestProcessesRefuse(t *testing.T) {
	t.Parallel()
	refuses := func(what string, err error, word string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: the error is %v", what, err)
		}
	}
	command := func(string, scan.AgentSpec) *exec.Cmd { return agentCommand("wait") }
	_, err := scan.NewProcesses("", command, nil)
	refuses("no folder", err, "it needs one of its own")
	_, err = scan.NewProcesses(t.TempDir(), nil, nil)
	refuses("no command", err, "it needs one to start")
	_, err = scan.NewProcesses(t.TempDir(), command, &scan.ProcessesOptions{Grace: -1})
	refuses("a negative grace", err, "zero means the default")
	for what, c := range map[string]struct {
		token   string
		command func() *exec.Cmd
		word    string
	}{
		"no token":  {"", func() *exec.Cmd { return agentCommand("wait") }, "1 to "},
		"NUL":       {"a\x00b", func() *exec.Cmd { return agentCommand("wait") }, "without control"},
		"nothing":   {"a", func() *exec.Cmd { return nil }, "one to run is needed"},
		"a writer":  {"a", func() *exec.Cmd { c := agentCommand("wait"); c.Stdout = t.Output(); return c }, "a file or nil is right"},
		"a context": {"a", func() *exec.Cmd { return exec.CommandContext(t.Context(), myself(t)) }, "one without is right"},
		"no such":   {"a", func() *exec.Cmd { return exec.Command("/nowhere/agent") }, "no such file"}, //nolint:noctx // it is never started
	} {
		p, err := scan.NewProcesses(t.TempDir(), func(string, scan.AgentSpec) *exec.Cmd { return c.command() }, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Launch(t.Context(), c.token, scan.AgentSpec{})
		refuses(what, err, c.word)
	}
}
