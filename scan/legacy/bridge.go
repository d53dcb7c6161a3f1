package legacy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A Place is where existing agents work.
type Place struct {
	// Requests and Replies are their queues. What is in them are the messages of this package, and the id of a request's message, as agents see it,
	// is its key or what the queue calls it: a [Bridge] takes the agent's word for it.
	Requests, Replies scan.Queue
	// Objects are their bucket.
	Objects Objects
	// Blobs are where the manager keeps results.
	Blobs scan.Blobs
}

// A Bridge stands between a [scan.Manager] and existing agents: the manager's requests become theirs, and their replies the manager's. It is safe for
// concurrent use, and any number of programs may have one.
type Bridge struct {
	place   Place
	options Options
	manager atomic.Pointer[scan.Manager]
}

// Options are the options of a [Bridge]. Nil is the same as the zero value.
type Options struct {
	// Name is the agent that the jobs hear of: replies say which job they are about, but heartbeats do not say which agent has it. At most 100 bytes; empty:
	// legacy. It is the same in all programs.
	Name string
	// EC2ID says what agents call a target. Nil: they call it by its id.
	EC2ID func(t scan.Target) (string, error)
	// Fresh is how old a heartbeat may be, by the clocks of this program and of the bucket: as far as they differ it has to be longer. Agents send one every
	// two minutes. Default: three minutes.
	Fresh time.Duration
	// Patience is for how long heartbeats count as progress on a request. Default: 50 minutes.
	Patience time.Duration
	// Logger is told of what no record tells. Nil: [slog.Default].
	Logger *slog.Logger
}

const (
	defaultFresh    = 3 * time.Minute
	defaultPatience = 50 * time.Minute
)

// NewBridge returns a bridge. Give its queues to [scan.NewManager], and the manager to [Bridge.Supervise].
func NewBridge(p Place, o *Options) (*Bridge, error) {
	b := &Bridge{place: p}
	if o != nil {
		b.options = *o
	}
	o = &b.options
	if o.Name == "" {
		o.Name = "legacy"
	}
	if o.EC2ID == nil {
		o.EC2ID = func(t scan.Target) (string, error) { return t.ID, nil }
	}
	if o.Fresh == 0 {
		o.Fresh = defaultFresh
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	switch {
	case p.Requests == nil || p.Replies == nil || p.Objects == nil || p.Blobs == nil:
		return nil, errors.New("legacy: a bridge needs a queue of requests, one of replies, objects, and blobs; one of them is nil")
	case o.Fresh < 0 || o.Patience < 0:
		return nil, fmt.Errorf("legacy: the times Fresh and Patience of a bridge are %v and %v; positive ones are right", o.Fresh, o.Patience)
	}
	if err := checkName(o.Name); err != nil {
		return nil, err
	}
	return b, nil
}

// checkName checks the name of a bridge, of which names of other things are made.
func checkName(name string) error {
	const most = 100
	if len(name) > most {
		return fmt.Errorf("legacy: the Name of a bridge has %d bytes; at most %d are right", len(name), most)
	}
	if err := checkID("the Name of a bridge", name, true); err != nil {
		return fmt.Errorf("legacy: %w", err)
	}
	return nil
}

// Supervise makes the manager known, so that a category that an agent leaves out is known to have failed, and has heartbeats and leftovers looked at
// by one program at a time. Call it before the supervisor's Run, in each program that supervises the manager; without it replies are brought all the
// same.
func (b *Bridge) Supervise(s *supervision.Supervisor, store storage.Store, m *scan.Manager) {
	b.manager.Store(m)
	s.Source(b.options.Name+".heartbeats", store, b.watch)
	s.Source(b.options.Name+".leftovers", store, b.clean)
}

// Control asks one agent to end: see [RequestType]. Others that get the request put it back.
func (b *Bridge) Control(ctx context.Context, t RequestType, extractor string) error {
	if !t.Control() {
		return fmt.Errorf("legacy: the control request is %s; exit, reboot or shutdown is right", quote(string(t)))
	}
	body, err := EncodeRequest(Request{Type: t, ExtractorID: extractor})
	if err != nil {
		return err
	}
	return b.place.Requests.Send(ctx, scan.Message{Key: string(t) + "/" + extractor, Body: body})
}
