package supervision

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Options are the options of a supervisor. Nil is the same as the zero value.
type Options struct {
	// Name is who this supervisor is, in leases and logs. Empty: host, process and a random part.
	Name string
	// Poll is the longest time until the supervisor looks for what has become due. Zero:
	// [DefaultPoll]. A store that is a [storage.Notifier] says so earlier.
	Poll time.Duration
	// Lease is for how long records and effects are claimed. Zero: [DefaultLease]. They are extended while
	// a turn is decided and while an effect is performed, so this is how long it takes until another
	// supervisor takes over from one that died.
	Lease time.Duration
	// Batch is the most records to claim at once. Zero: [DefaultBatch].
	Batch int
	// Effects is the most effects to perform at once in this process. Zero: [DefaultEffects].
	Effects int
	// Failures is how many turns of a record in a row may fail before it is quarantined. Zero:
	// [DefaultFailures].
	Failures int
	// Backoff is how long a record waits after its failed turns. Nil: from a second to five minutes.
	Backoff Backoff
	// Drain is for how long effects may go on after the context of Run has ended. Zero:
	// [DefaultDrain]; less: not at all.
	Drain time.Duration
	// Retention is for how long the stores keep what has ended. Nil: messages and effects for
	// [DefaultRetention], all else for ever.
	Retention *storage.Retention
	// Elsewhere names effects that deciders emit and that other programs perform.
	Elsewhere []string
	// Locker is a lock of the host's, taken on each record in addition to the store's lease.
	Locker storage.Locker
	// Around stands around every try at an effect: it calls perform, which calls what was given to
	// [Perform], and returns what the supervisor is to believe came of it. For simulators of a bad
	// outside, and for what all effects share. Nil: perform is called.
	Around func(ctx context.Context, c Call, effect string, perform func(context.Context) error) error
	// Verify runs every decider twice, a moment apart, and fails the turn if the decisions differ:
	// then the decider is not pure. For tests.
	Verify bool
	// Logger is told what went wrong. Nil: [slog.Default].
	Logger *slog.Logger
	// Observer is told of everything that is done, for metrics and traces. Nil: nobody.
	Observer *Observer
}

// What the zero values of [Options] stand for.
const (
	DefaultPoll      = time.Second
	DefaultLease     = 30 * time.Second
	DefaultBatch     = 100
	DefaultEffects   = 64
	DefaultFailures  = 10
	DefaultDrain     = 20 * time.Second
	DefaultRetention = 7 * 24 * time.Hour
)

// A Supervisor gives records their turns and performs their effects. Any number of them can work on
// one store, in one process or many. It is made with [New], told its work with [Supervise], [Perform]
// and [Supervisor.Source], and then run.
type Supervisor struct {
	options Options
	log     *slog.Logger
	observe Observer

	mu         sync.Mutex
	kinds      []*supervised
	performers map[string]*performer
	sources    []*source
	errs       []error // what is wrong with what it was told
	workers    []*worker
	checked    bool // nothing stands against working
}

// New returns a supervisor that has no work yet.
func New(o *Options) (*Supervisor, error) {
	s := &Supervisor{performers: map[string]*performer{}}
	if o != nil {
		s.options = *o
	}
	if err := errors.Join(s.options.check()...); err != nil {
		return nil, err
	}
	s.options.fill()
	s.log = cmp.Or(s.options.Logger, slog.Default()).With("supervisor", s.options.Name)
	if s.options.Observer != nil {
		s.observe = *s.options.Observer
	}
	s.observe.fill()
	return s, nil
}

func (o *Options) check() (errs []error) {
	for _, d := range []struct {
		name string
		d    time.Duration
	}{{"Poll", o.Poll}, {"Lease", o.Lease}} {
		if d.d < 0 || d.d > 0 && d.d < time.Millisecond {
			errs = append(errs, fmt.Errorf("supervision: %s is %v; at least a millisecond, or zero for the default, is right", d.name, d.d))
		}
	}
	for _, n := range []struct {
		name string
		n    int
	}{{"Batch", o.Batch}, {"Effects", o.Effects}, {"Failures", o.Failures}} {
		if n.n < 0 {
			errs = append(errs, fmt.Errorf("supervision: %s is %d; at least 1, or zero for the default, is right", n.name, n.n))
		}
	}
	if len(o.Name) > storage.MaxName {
		errs = append(errs, fmt.Errorf("supervision: the name has %d bytes; at most %d are right", len(o.Name), storage.MaxName))
	}
	return errs
}

func (o *Options) fill() {
	o.Name = cmp.Or(o.Name, ownName())
	o.Poll = cmp.Or(o.Poll, DefaultPoll)
	o.Lease = cmp.Or(o.Lease, DefaultLease)
	o.Batch = cmp.Or(o.Batch, DefaultBatch)
	o.Effects = cmp.Or(o.Effects, DefaultEffects)
	o.Failures = cmp.Or(o.Failures, DefaultFailures)
	o.Drain = cmp.Or(o.Drain, DefaultDrain)
	if o.Backoff == nil {
		o.Backoff = Exponential(time.Second, 5*time.Minute)
	}
	if o.Around == nil {
		o.Around = func(ctx context.Context, _ Call, _ string, perform func(context.Context) error) error {
			return perform(ctx)
		}
	}
	if o.Retention == nil {
		o.Retention = &storage.Retention{Messages: DefaultRetention, Effects: DefaultRetention}
	}
}

func ownName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return fmt.Sprintf("%.100s/%d/%s", host, os.Getpid(), strings.ToLower(rand.Text()[:6]))
}

// refuse notes what is wrong with what the supervisor was told. Run returns it.
func (s *Supervisor) refuse(format string, args ...any) {
	s.errs = append(s.errs, fmt.Errorf("supervision: "+format, args...))
}

// Supervise has the supervisor give the records of a kind their turns. Call it before Run.
func Supervise[T any, S, E ~string](s *Supervisor, k *Kind[T, S, E], decide Decider[T, S, E], options ...SuperviseOption) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case k == nil || decide == nil:
		s.refuse("a kind and a decider are needed to supervise; one of them is nil")
		return
	case k.broken != nil:
		s.refuse("kind %q cannot be supervised: %w", k.name, k.broken)
		return
	}
	w := &supervised{name: k.name, store: k.store, reads: k.readsOf}
	w.decide = func(ctx context.Context, seen *storage.Snapshot, reads reads) (storage.Change, error) {
		return k.decide(ctx, seen, reads, decide)
	}
	for _, option := range options {
		option.applySupervise(w)
	}
	if err := w.caps.check(); err != nil {
		s.refuse("kind %q: %w", k.name, err)
	}
	for _, other := range s.kinds {
		if other.name == w.name && other.store == w.store {
			s.refuse("kind %q is supervised twice; once is right", k.name)
		}
	}
	s.kinds = append(s.kinds, w)
}

// A supervised kind is one without its types.
type supervised struct {
	name   string
	store  storage.Store
	decide func(ctx context.Context, seen *storage.Snapshot, reads reads) (storage.Change, error)
	reads  func(seen *storage.Snapshot) ([]storage.Key, error)
	emits  []string // the effects that its decider emits
	caps   *limiter // of its turns; nil: none
}

// Reads are the records that a turn reads.
type reads = map[storage.Key]*storage.Record

// A SuperviseOption varies how one kind is supervised.
type SuperviseOption interface{ applySupervise(w *supervised) }

type superviseOption func(*supervised)

func (f superviseOption) applySupervise(w *supervised) { f(w) }

// Emits names the effects that the kind's decider emits, so that Run can refuse at once if nobody
// performs one of them.
func Emits(effects ...interface{ Name() string }) SuperviseOption {
	return superviseOption(func(w *supervised) {
		for _, e := range effects {
			w.emits = append(w.emits, e.Name())
		}
	})
}

// Run works until ctx ends: it gives records their turns, performs effects and keeps its sources
// running. Then it drains: turns are finished, effects have [Options].Drain to end, leases are given
// back. It returns nil if that was in time. What is wrong with the work that the supervisor was told,
// such as an effect that nobody performs, is returned at once.
//
// An error of a store ends nothing: it is logged, and tried again.
func (s *Supervisor) Run(ctx context.Context) error {
	workers, err := s.ready(ctx)
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	errs := make([]error, len(workers))
	for i, w := range workers {
		running.Go(func() { errs[i] = w.run(ctx) })
	}
	running.Wait()
	return errors.Join(errs...)
}

// ready returns a worker for each store, or what is wrong.
func (s *Supervisor) ready(ctx context.Context) ([]*worker, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.checked { // once is enough: each turn checks what it emits
		return s.workers, nil
	}
	if s.workers == nil {
		for _, k := range s.kinds {
			s.workerOn(k.store).add(k)
		}
		for _, source := range s.sources {
			w := s.workerOn(source.store)
			w.sources = append(w.sources, source)
		}
	}
	errs := append([]error(nil), s.errs...)
	if len(s.workers) == 0 {
		errs = append(errs, errors.New("supervision: there is nothing to supervise; call Supervise or Source first"))
	}
	for _, w := range s.workers {
		errs = append(errs, w.check(ctx)...)
	}
	s.checked = len(errs) == 0
	return s.workers, errors.Join(errs...)
}

func (s *Supervisor) workerOn(store storage.Store) *worker {
	for _, w := range s.workers {
		if w.store == store {
			return w
		}
	}
	w := newWorker(s, store)
	s.workers = append(s.workers, w)
	return w
}

// Pass is one round in the calling goroutine: what is due gets its turn, and effects that can be taken
// are performed, one after another. It returns how many turns and effects there were. It is for tests,
// simulators, and programs that are started now and then; Run is what a service wants.
func (s *Supervisor) Pass(ctx context.Context) (int, error) {
	workers, err := s.ready(ctx)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, w := range workers {
		n, err := w.pass(ctx)
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}
