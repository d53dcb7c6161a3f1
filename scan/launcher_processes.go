package scan

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// What the process of an agent finds in its environment: the folder of the launcher, and its own token, to report under.
const (
	EnvLauncher = "REEVE_SCAN_LAUNCHER"
	EnvToken    = "REEVE_SCAN_TOKEN" //nolint:gosec // a name, and no secret
)

// ProcessesOptions for [NewProcesses]. Nil is the same as the zero value.
type ProcessesOptions struct {
	// Grace is how long a process may take to end when it is asked to, before it is killed. Default: 15 seconds.
	Grace time.Duration
	// Keep is how long it is remembered what became of a token. Default: one day.
	Keep time.Duration
}

// Processes is a [Launcher] that starts agents as processes of this machine. They live on when the program that started them ends, and are found by the
// next one: their environment tells whose they are, so none is ever lost, wherever a launcher crashes. Several may work on one folder.
// It needs Linux, and to be allowed to see the environment of what it started.
type Processes struct {
	dir     string
	command func(token string, spec AgentSpec) *exec.Cmd
	o       ProcessesOptions

	mu       sync.Mutex
	children map[int]bool // of this program, not reaped yet
}

var _ Launcher = (*Processes)(nil)

// NewProcesses returns a launcher that remembers in the folder what it started; the folder is made if it is not there. Command says what to run for
// a token, such as this program again: a new command each time, without a context, whose Stdin, Stdout and Stderr are nil or files,
// since the process outlives this program. It is called while nothing else is launched from the folder.
func NewProcesses(dir string, command func(token string, spec AgentSpec) *exec.Cmd, o *ProcessesOptions) (*Processes, error) {
	p := &Processes{command: command, children: map[int]bool{}}
	if o != nil {
		p.o = *o
	}
	if p.o.Grace == 0 {
		p.o.Grace = 15 * time.Second
	}
	if p.o.Keep == 0 {
		p.o.Keep = 24 * time.Hour
	}
	switch {
	case dir == "":
		return nil, errors.New("scan: a launcher of processes has no folder; it needs one of its own")
	case command == nil:
		return nil, errors.New("scan: a launcher of processes has no command; it needs one to start")
	case p.o.Grace < 0 || p.o.Keep < 0:
		return nil, errors.New("scan: an option of a launcher of processes is negative; zero means the default")
	}
	if err := canLaunch(); err != nil {
		return nil, fmt.Errorf("scan: processes cannot be launched here: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("scan: the folder of a launcher: %w", err)
	}
	full, err := filepath.Abs(dir)
	if err == nil {
		full, err = filepath.EvalSymlinks(full) // one folder has one name
	}
	if err != nil {
		return nil, fmt.Errorf("scan: the folder of a launcher: %w", err)
	}
	p.dir = full
	return p, nil
}

// Launch implements [Launcher]. A token whose process has ended, or that was terminated, has that one for ever: it is Gone, and nothing is started.
func (p *Processes) Launch(ctx context.Context, token string, spec AgentSpec) (Instance, error) {
	i, err := p.launch(ctx, token, spec)
	if err != nil {
		return Instance{}, fmt.Errorf("scan: launch %s: %w", quote(token), err)
	}
	return i, nil
}

func (p *Processes) launch(ctx context.Context, token string, spec AgentSpec) (Instance, error) {
	if err := checkToken(token); err != nil {
		return Instance{}, err
	}
	p.reap()
	unlock, err := lockFile(ctx, filepath.Join(p.dir, "lock"))
	if err != nil {
		return Instance{}, err
	}
	defer unlock()
	record, known, err := p.read(token)
	if err != nil {
		return Instance{}, err
	}
	if record.Terminated {
		return record.instance(true), nil
	}
	found, err := p.agentOf(ctx, token, record.ID)
	if err != nil || known {
		return record.instance(found == nil), err
	}
	if found == nil { // else it was started by a launcher that crashed
		if found, err = p.start(ctx, token, spec); err != nil {
			return Instance{}, err
		}
	}
	record = launchRecord{Token: token, ID: found.id(), At: time.Now()}
	return record.instance(false), p.write(&record)
}

// start starts the process of a token, and returns when its environment can be seen, or it has ended.
func (p *Processes) start(ctx context.Context, token string, spec AgentSpec) (*process, error) {
	cmd := p.command(token, spec)
	if err := checkCommand(cmd); err != nil {
		return nil, err
	}
	cmd.Env = append(cmd.Environ(), EnvLauncher+"="+p.dir, EnvToken+"="+token)
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	pid := cmd.Process.Pid
	_ = cmd.Process.Release() // it is reaped by its number
	p.mu.Lock()
	p.children[pid] = true
	p.mu.Unlock()
	found, err := p.agentOf(ctx, token, "")
	if err == nil && found == nil {
		found = child(pid) // it has ended already, or is slow to start
	}
	return found, err
}

func checkToken(token string) error {
	if !isWord(token, storage.MaxName) {
		return fmt.Errorf("the token has %d bytes; 1 to %d of UTF-8, without control characters, are right", len(token), storage.MaxName)
	}
	return nil
}

func checkCommand(cmd *exec.Cmd) error {
	if cmd == nil {
		return errors.New("there is no command; one to run is needed")
	}
	for _, stream := range []any{cmd.Stdin, cmd.Stdout, cmd.Stderr} {
		if _, isFile := stream.(*os.File); stream != nil && !isFile {
			return fmt.Errorf("a stream of the command is a %T; a file or nil is right, since the process outlives this program", stream)
		}
	}
	if cmd.Cancel != nil {
		return errors.New("the command has a context; one without is right, since the process outlives it")
	}
	return nil
}

// Terminate implements [Launcher]. The process is asked to end, with its group; what of it still runs after the grace is killed, also what it
// started itself. It returns when nothing is left.
func (p *Processes) Terminate(ctx context.Context, token string) error {
	err := checkToken(token)
	if err == nil {
		var id string
		if id, err = p.forbid(ctx, token); err == nil {
			err = p.finish(ctx, token, id)
		}
	}
	if err != nil {
		return fmt.Errorf("scan: terminate %s: %w", quote(token), err)
	}
	return nil
}

// forbid has nothing started under the token any more, and returns what was.
func (p *Processes) forbid(ctx context.Context, token string) (id string, err error) {
	unlock, err := lockFile(ctx, filepath.Join(p.dir, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	record, _, err := p.read(token)
	if err != nil || record.Terminated {
		return record.ID, err
	}
	record.Token, record.Terminated, record.At = token, true, time.Now()
	return record.ID, p.write(&record)
}

// finish ends what runs under the token.
func (p *Processes) finish(ctx context.Context, token, id string) error {
	patience := time.Now().Add(p.o.Grace)
	asked := map[string]bool{}
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		p.reap()
		all, err := p.running(ctx)
		if err != nil || len(all[token]) == 0 {
			return err
		}
		agent := agentAmong(all[token], id)
		switch {
		case agent == nil || time.Now().After(patience):
			for _, process := range all[token] {
				process.signal(kill)
			}
		case !asked[agent.id()]:
			asked[agent.id()] = true
			agent.signal(terminate)
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// List implements [Launcher]. It yields what runs, and as Gone what has ended without [Processes.Terminate], or is just being ended.
func (p *Processes) List(ctx context.Context) iter.Seq2[Instance, error] {
	return func(yield func(Instance, error) bool) {
		p.reap()
		records, err := p.records() // before the processes: of what is recorded now, all that runs is found
		running := map[string][]*process{}
		if err == nil {
			running, err = p.running(ctx)
		}
		if err != nil {
			yield(Instance{}, fmt.Errorf("scan: list processes: %w", err))
			return
		}
		for _, r := range records {
			agent := agentAmong(running[r.Token], r.ID)
			delete(running, r.Token)
			if agent == nil && time.Since(r.At) > p.o.Keep {
				_ = p.forget(r.Token) // or the next time
				continue
			}
			if r.Terminated && agent == nil {
				continue
			}
			if !yield(r.instance(r.Terminated || agent == nil), nil) {
				return
			}
		}
		for token, processes := range running {
			agent := agentAmong(processes, "")
			if agent != nil && !yield(Instance{Token: token, ID: agent.id()}, nil) {
				return
			}
		}
	}
}

// agentOf returns the process of a token; nil: there is none.
func (p *Processes) agentOf(ctx context.Context, token, id string) (*process, error) {
	all, err := p.running(ctx)
	if err != nil {
		return nil, err
	}
	return agentAmong(all[token], id), nil
}

// agentAmong returns the one that was launched; the others were started by it. If its launcher did not get to record its id, it is the
// first one.
func agentAmong(processes []*process, id string) (agent *process) {
	for _, p := range processes {
		if id != "" && p.id() == id {
			return p
		}
		if id == "" && p.leads && (agent == nil || p.started < agent.started) {
			agent = p
		}
	}
	return agent
}
