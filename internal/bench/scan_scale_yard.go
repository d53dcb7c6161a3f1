package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reeve-go/reeve/scan"
)

// A yard is where many agents work. Its exported fields are in a file that each of its processes reads.
type yard struct {
	Dir      string
	Postgres string        // the URL of the server
	NATS     string        // that of the other one, if queues and blobs are there
	Secret   string        // who knows it may talk to that
	Agents   int           // how many at most
	Width    int           // how many jobs one works on at once
	Lease    time.Duration // of requests; what a killed agent had comes back after it
	Twice    bool          // agents say everything twice
	River    bool          // the processes are River's

	pg   *server
	life *os.File // from which all processes read; they end when nobody can write any more
	log  *os.File
}

// newYard makes the folders of the targets, and the servers.
func newYard(ctx context.Context, s *setup, pg *server, t *trial) (*yard, error) {
	p := &yard{
		Dir: s.dir, Postgres: pg.url, pg: pg, Agents: s.size(20, 4), Width: s.size(25, 10), Lease: time.Duration(s.size(9000, 1500)) * time.Millisecond,
		Twice: s.quick,
	}
	life, held, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.closeAfter(life)
	s.closeAfter(held)
	p.life = life
	if p.log, err = os.Create(p.path("log")); err != nil {
		return nil, err
	}
	s.closeAfter(p.log)
	if t.jetStream {
		if p.NATS, p.Secret, err = serveNATS(s, p.path("nats")); err != nil {
			return nil, err
		}
	}
	if err := os.Mkdir(p.path("mounts"), 0o700); err != nil {
		return nil, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for i := range t.jobs {
		g.Go(func() error { return errors.Join(ctx.Err(), p.furnish(i)) })
	}
	return p, g.Wait()
}

func (p *yard) path(of ...string) string { return filepath.Join(append([]string{p.Dir}, of...)...) }

// target returns the folder that a job looks into, and user the account that only this one has.
func (p *yard) target(i int) string { return p.path("targets", fmt.Sprintf("%05d", i)) }
func userOf(i int) string           { return fmt.Sprintf("u%05d", i) }

// furnish makes a folder that has two accounts.
func (p *yard) furnish(i int) error {
	etc := filepath.Join(p.target(i), "etc")
	if err := os.MkdirAll(etc, 0o700); err != nil {
		return err
	}
	passwd := fmt.Appendf(nil, "root:*:0:0:root:/root:/bin/sh\n%s:*:%d:1000::/home/%[1]s:/bin/sh\n", userOf(i), 1000+i)
	return os.WriteFile(filepath.Join(etc, "passwd"), passwd, 0o600)
}

// launcher returns what starts and ends the processes of a sort: agents, or workers of River.
func (p *yard) launcher(sort string) (*scan.Processes, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	file := p.path(sort + ".json")
	return scan.NewProcesses(p.path(sort), func(string, scan.AgentSpec) *exec.Cmd {
		cmd := exec.Command(self, agentCommand, file) //nolint:noctx // it outlives the call
		cmd.Stdin, cmd.Stderr = p.life, p.log
		return cmd
	}, nil)
}

// publish writes the file for the processes of a sort.
func (p *yard) publish(sort string) error {
	text, err := json.Marshal(p) //nolint:gosec // nobody else can read it
	if err != nil {
		return err
	}
	return os.WriteFile(p.path(sort+".json"), text, 0o600)
}

// failed adds the last words of the processes.
func (p *yard) failed(err error) error {
	const enough = 2000
	text, _ := os.ReadFile(p.log.Name()) // or there is nothing to add
	if text = text[max(len(text)-enough, 0):]; len(text) == 0 {
		return err
	}
	return fmt.Errorf("%w; its processes say: …%s", err, text)
}
