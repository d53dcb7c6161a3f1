// Package chaos kills, pauses and cuts off supervisor processes that share a database, and checks
// afterwards that nothing was lost and that nothing was done twice that must not be.
//
// A run gives orders to some hundred or thousand instances, each with parts that are started and
// stopped in phases. What that takes outside is done by a world in the program that runs all of it: it
// fails, answers late or not at all, and keeps a ledger. Processes tell what the store answered them.
// In the end orders, store, ledger and testimony have to agree.
//
//	go run ./internal/bench chaos [-quick] [-seed N] [-store NAME]
package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Options are what a run needs to know. All but Verbose are required.
type Options struct {
	// Store is which of [Stores] the processes share.
	Store string
	// Effort says how much is done.
	Effort Effort
	// Seed is what chance is drawn from. The orders, the blows and what calls meet repeat with it; what
	// the system makes of them does not.
	Seed uint64
	// Command starts a process that calls [Work].
	Command []string
	// Log is told how the run gets on; if it is Verbose, also what the processes complain of.
	Log     io.Writer
	Verbose bool
}

func (o *Options) check() (backend, error) {
	switch e := &o.Effort; {
	case e.Records < 1 || e.Span < time.Second || e.Lease < time.Millisecond || e.Limit < e.Span:
		return backend{}, fmt.Errorf("chaos: the effort is %+v; some records, a second, a lease and a limit at least are right", *e)
	case len(o.Command) == 0 || o.Log == nil:
		return backend{}, errors.New("chaos: there is no Command or no Log; both are needed")
	}
	return backendOf(o.Store)
}

// Run gives all orders, deals all blows, waits until everything is quiet and reports what was found.
// Its error says why there was no such run. Processes that it started have ended when it returns.
func Run(ctx context.Context, o *Options) (_ *Report, err error) {
	backend, err := o.check()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "reeve-chaos-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	base, err := backend.begin(ctx, folder)
	if base != nil {
		defer base.end()
	}
	if err != nil {
		return nil, err
	}
	direct, release, err := backend.open(ctx, base.direct)
	if err != nil {
		return nil, err
	}
	defer release()
	shared, release, err := backend.open(ctx, base.address)
	if err != nil {
		return nil, err
	}
	defer release()
	socket := filepath.Join(folder, "world")
	worldly, end := context.WithCancel(ctx)
	defer end()
	world, err := newWorld(worldly, socket, o.Seed, 2*o.Effort.Lease)
	if err != nil {
		return nil, err
	}
	r := &run{
		Options: o, processes: backend.processes, base: base, begun: time.Now(), log: &lines{w: o.Log},
		direct: direct, world: world, socket: socket, testimony: newTestimony(),
	}
	if err := r.orderOn(shared); err != nil {
		return nil, err
	}
	return r.run(ctx)
}

// orderOn has the orders given to a store.
func (r *run) orderOn(store storage.Store) error {
	kind, err := newKind(witnessed(store, 0, r.testimony.hear("host")))
	r.load = newLoad(kind)
	return err
}
