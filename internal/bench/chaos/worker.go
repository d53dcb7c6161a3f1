package chaos

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A job is what a process is told: the first line of its input.
type job struct {
	Name           string
	Store, Address string        // which backend, and where its database is
	World          string        // the path of the world's socket
	Lease          time.Duration // of records and effects
	Verbose        bool          // whether it says what it complains of
}

// The size of a supervisor. A process that stops stops with work in hand, but not with all of it.
const (
	batch   = 16
	effects = 32
	drain   = 5 * time.Second
	lag     = 20 * time.Millisecond
)

// Work is what each supervisor process does: it reads its job from stdin, supervises until ctx or stdin
// ends, because it is told to stop or because nobody is there any more, and tells on stdout what the
// store answers. It returns the exit status.
func Work(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) int {
	if err := work(ctx, stdin, stdout, stderr); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func work(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) error {
	var j job
	in := bufio.NewReader(stdin)
	line, err := in.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &j)
	}
	if err != nil {
		return fmt.Errorf("chaos: the job cannot be read: %w", err)
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	go func() {
		_, _ = io.Copy(io.Discard, in)
		end()
	}()
	store, release, err := j.open(ctx)
	if ctx.Err() != nil {
		return nil // it was told to stop before it began
	}
	if err != nil {
		return err
	}
	defer release()
	sup, err := j.supervisor(stderr)
	if err != nil {
		return err
	}
	kind, err := newKind(witnessed(store, lag, tellTo(stdout)))
	if err != nil {
		return err
	}
	supervision.Supervise(sup, kind, decide, supervision.Emits(act))
	return sup.Run(ctx)
}

// open opens the store. One that is away may come back.
func (j *job) open(ctx context.Context) (storage.Store, func(), error) {
	b, err := backendOf(j.Store)
	if err != nil {
		return nil, nil, err
	}
	for until := time.Now().Add(patience); ; {
		store, release, err := b.open(ctx, j.Address)
		if err == nil || time.Now().After(until) || !wait(ctx, 100*time.Millisecond) {
			return store, release, err
		}
	}
}

func (j *job) supervisor(stderr io.Writer) (*supervision.Supervisor, error) {
	log := slog.New(slog.DiscardHandler)
	if j.Verbose {
		log = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	hurry := supervision.Exponential(20*time.Millisecond, 500*time.Millisecond)
	sup, err := supervision.New(&supervision.Options{
		Name: j.Name, Poll: j.Lease / 8, Lease: j.Lease, Batch: batch, Effects: effects, Drain: drain, Backoff: hurry,
		Logger: log,
	})
	if err != nil {
		return nil, err
	}
	c := client{process: j.Name, world: j.World}
	supervision.Perform(sup, act, c.perform, &supervision.PerformOptions{Attempts: -1, Backoff: hurry})
	return sup, nil
}

// tellTo returns what writes statements, one a line.
func tellTo(w io.Writer) func([]statement) {
	var mu sync.Mutex
	return func(statements []statement) {
		var lines []byte
		for _, s := range statements {
			line, err := json.Marshal(s)
			if err != nil {
				continue // cannot be: plain fields
			}
			lines = append(append(lines, line...), '\n')
		}
		mu.Lock()
		defer mu.Unlock()
		_, _ = w.Write(lines) // nobody listens any more when it fails
	}
}
