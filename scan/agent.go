package scan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A Workplace is what an agent works with. All of it is needed. What no scanner tells of is skipped.
type Workplace struct {
	// Requests is where its work comes from, Replies where it says what came of it.
	Requests, Replies Queue
	// Blobs keep what it finds.
	Blobs Blobs
	// Desk is where it reports, and is told whether to go on.
	Desk Desk
	// Opener opens the targets, Scanners look into them.
	Opener   Opener
	Scanners []Scanner
}

// AgentOptions are the options of an [Agent]. Nil is the same as the zero value.
type AgentOptions struct {
	// Width is how many requests it works on at once. Default: 1.
	Width int
	// Lease is for how long a request is hidden from other agents. It is extended only when something was done, so it is also how long opening
	// a target, or reading a piece of it, may take: what takes longer is given up, and tried again elsewhere. Default: one minute.
	Lease time.Duration
	// Beat is how often it reports, and how long it waits for an answer of the desk or of a queue; at most a third of Lease. Default: a sixth
	// of Lease, ten seconds at the most.
	Beat time.Duration
	// Idle is after how long without a request it stops by itself. Zero: never.
	Idle time.Duration
	// Inspector is how it looks into targets. Its Logger is this one, unless it has its own.
	Inspector *InspectorOptions
	// Logger is told of what no reply tells. Nil: [slog.Default].
	Logger *slog.Logger
}

// An Agent takes requests from a queue, looks into their targets and replies. Several work side by side on the same queues, in one program or
// in many; each has an id of its own. It may be ended anywhere, also by a crash: what it had begun comes to another, and what
// it has said twice the manager can tell.
type Agent struct {
	Workplace

	id        string
	options   AgentOptions
	inspector *Inspector
	log       *slog.Logger
}

// NewAgent returns an agent that reports under the id; one that a [Launcher] started has its token for that.
func NewAgent(id string, w Workplace, o *AgentOptions) (*Agent, error) {
	a := &Agent{Workplace: w, id: id}
	if o != nil {
		a.options = *o
	}
	if err := a.check(); err != nil {
		return nil, fmt.Errorf("scan: agent %s: %w", quote(id), err)
	}
	a.options.fill()
	a.log = a.options.Logger.With("agent", id)
	var looks InspectorOptions
	if a.options.Inspector != nil {
		looks = *a.options.Inspector
	}
	if looks.Logger == nil {
		looks.Logger = a.log
	}
	inspector, err := NewInspector(w.Blobs, w.Scanners, &looks)
	if err != nil {
		return nil, err
	}
	a.inspector = inspector
	return a, nil
}

func (a *Agent) check() error {
	o := &a.options
	switch {
	case !isWord(a.id, storage.MaxName):
		return fmt.Errorf("the id has %d bytes; 1 to %d, without control characters, are right", len(a.id), storage.MaxName)
	case a.Requests == nil || a.Replies == nil || a.Blobs == nil || a.Desk == nil || a.Opener == nil:
		return errors.New("something is missing; requests, replies, blobs, a desk and an opener are needed")
	case len(a.Scanners) == 0:
		return errors.New("there are no scanners; one is needed for each category that it is to look for")
	case o.Width < 0 || o.Lease < 0 || o.Beat < 0 || o.Idle < 0:
		return errors.New("an option is negative; zero means the default")
	}
	filled := *o
	if filled.fill(); filled.Beat <= 0 || filled.Beat > filled.Lease/3 {
		return fmt.Errorf("a beat of %v for a lease of %v; at most a third of it is right", filled.Beat, filled.Lease)
	}
	return nil
}

func (o *AgentOptions) fill() {
	if o.Width == 0 {
		o.Width = 1
	}
	if o.Lease == 0 {
		o.Lease = time.Minute
	}
	if o.Beat == 0 {
		o.Beat = min(o.Lease/6, 10*time.Second)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
}

// Run works until ctx ends or the desk says stop; then scans are broken off and their requests given back at once. It also returns when
// it was told to drain and has ended what it had, or when it was idle for long enough. It returns nil after all of these, and
// when it does nothing of it runs any more. It must not be called again before it has returned.
func (a *Agent) Run(ctx context.Context) error {
	newShift(ctx, a).run() //nolint:contextcheck // a shift has a context of its own, made from this one
	return nil
}
