package refresh

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A Refresher keeps the inventories of managers, each of which is a durable record: who wants a refresh asks
// for it, a supervisor collects, has it parsed and saves, and the record says how it went. Any number of programs may have one
// on the same store; of each manager, one at a time makes a full refresh, and one a targeted one beside it. Only their saves
// exclude each other. It is safe for concurrent use.
type Refresher[C, P any] struct {
	// Managers are the records: to list, explain, pause and resume them, and to read their history. A paused one
	// begins no refresh; one that is under way goes on.
	Managers *supervision.Kind[Manager, ManagerState, ManagerEvent]

	*lifecycle

	collector Collector[C]
	parsers   []Parser[C, P]
	persister *Persister[P]
}

// A lifecycle is what a refresher does with a manager, whatever its inventory consists of.
type lifecycle struct {
	managers  *supervision.Kind[Manager, ManagerState, ManagerEvent]
	store     storage.Store
	options   RefresherOptions
	requested *supervision.MessageOf[request]
	full      *supervision.Effect[Run, report]
	targeted  *supervision.Effect[Run, report]
	removal   *supervision.Effect[struct{}, struct{}]
}

// RefresherOptions are the options of a [Refresher]. Nil is the same as the zero value. Name, Schedule, Delay, Threshold
// and Wait are part of what is decided, by whichever program is at hand, so they have to be the same in all.
type RefresherOptions struct {
	// Name is the kind of the records. Any program that supervises the kind may collect for any of its managers.
	// Where only some can, or refreshers on one store are about different managers, they need different
	// names. Empty: manager.
	Name string
	// Schedule says when a manager is refreshed fully although nobody asks, [supervision.Every] for instance. The next
	// time is counted from the end of the last one. Nil, also as what it returns: only when asked, and once when it is added.
	Schedule func(manager string) supervision.Schedule
	// Delay is how long the first targets that are asked for wait for others to join them. Zero: two
	// seconds; less: not at all.
	Delay time.Duration
	// Threshold is how many targets a targeted refresh may have; more are a full one. Zero: 100; less: every refresh is full.
	Threshold int
	// Wait is how long a manager waits after so many failures in a row. It must be pure. Nil: from seconds to ten
	// minutes.
	Wait func(manager string, failures int) time.Duration
	// Timeout is how long one refresh may take. Zero: two hours; less: any time.
	Timeout time.Duration
	// AtOnce and TargetedAtOnce bound how many refreshes go on at once, full and targeted ones.
	AtOnce, TargetedAtOnce supervision.Caps
	// Before is called before anything is collected; its error ends the refresh. Nil: nothing is done.
	Before func(ctx context.Context, r Run) error
	// After is called after each save with what was saved, whose ids are known, and must not close it. Its error makes the
	// refresh one that failed, although it is saved. If the program dies before it is called, it is not; what has to
	// be done with each save is a [Step]. Nil: nothing is done.
	After func(ctx context.Context, r Run, saved *Plan) error
	// Failed is called with the error of a refresh that failed, or that did not save everything, as it is, before the
	// record is told: a [*GuardError] still has its plan, which is closed afterwards. Nil: nothing is done.
	Failed func(ctx context.Context, r Run, err error)
	// Logger is told of refreshes that failed. Nil: [slog.Default].
	Logger *slog.Logger
}

const (
	defaultDelay     = 2 * time.Second
	defaultThreshold = 100
	defaultTimeout   = 2 * time.Hour

	// mostTargets bounds the bytes of the targets that a record keeps.
	mostTargets = 128 << 10
	// mostBeside bounds how many targeted refreshes are saved beside a full one, which has to know the rows of each.
	mostBeside = storage.KeptSaves / 2
)

// NewRefresher returns a refresher whose records are in store. Give it to a supervisor with [Refresher.Supervise].
func NewRefresher[C, P any](store storage.Store, c Collector[C], p *Persister[P], parsers []Parser[C, P], o *RefresherOptions) (*Refresher[C, P], error) {
	if c == nil || p == nil || len(parsers) == 0 {
		return nil, errors.New("refresh: a refresher needs a collector, a persister and a parser; one of them is missing")
	}
	for i := range parsers {
		if err := parsers[i].check(); err != nil {
			return nil, err
		}
	}
	l, err := newLifecycle(store, o)
	if err != nil {
		return nil, err
	}
	return &Refresher[C, P]{l.managers, l, c, parsers, p}, nil
}

func newLifecycle(store storage.Store, o *RefresherOptions) (*lifecycle, error) {
	l := &lifecycle{store: store}
	if o != nil {
		l.options = *o
	}
	o = &l.options
	if o.Name == "" {
		o.Name = "manager"
	}
	if o.Delay == 0 {
		o.Delay = defaultDelay
	}
	if o.Threshold == 0 {
		o.Threshold = defaultThreshold
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Wait == nil {
		o.Wait = doubling
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	l.requested = supervision.NewMessage[request]("refresh")
	l.full = supervision.NewEffect[Run, report](o.Name + ".full")
	l.targeted = supervision.NewEffect[Run, report](o.Name + ".targeted")
	l.removal = supervision.NewEffect[struct{}, struct{}](o.Name + ".removal")
	var err error
	l.managers, err = supervision.NewKind(o.Name, managerMachine, store, &supervision.KindOptions[Manager, ManagerState, ManagerEvent]{
		Derive:  func(m *Manager, _ supervision.Tally) ManagerState { return stateOf(m) },
		Explain: l.explain,
	})
	return l, err
}

// Supervise has a supervisor do the work. Call it before its Run. A program without it can ask for refreshes all the same.
func (r *Refresher[C, P]) Supervise(s *supervision.Supervisor) {
	supervision.Supervise(s, r.Managers, r.decide, supervision.Emits(r.full, r.targeted, r.removal))
	timeout := max(r.options.Timeout, 0)
	supervision.Perform(s, r.full, r.perform, &supervision.PerformOptions{Attempts: 1, Timeout: timeout, Caps: r.options.AtOnce})
	supervision.Perform(s, r.targeted, r.perform, &supervision.PerformOptions{Attempts: 1, Timeout: timeout, Caps: r.options.TargetedAtOnce})
	supervision.Perform(s, r.removal, r.remove, &supervision.PerformOptions{Attempts: -1, Timeout: timeout})
}

// Add adds a manager. A full refresh of it begins at once. One that there is already is [storage.ErrExists], and so is one that is
// being removed.
func (r *Refresher[C, P]) Add(ctx context.Context, manager string) error {
	m := Manager{Added: time.Now().UTC()}
	m.Full.ask(firstRequest, time.Time{}) // at once, whatever time it is for the store
	return r.Managers.Create(ctx, manager, m)
}

// Remove ends the refreshes of a manager and removes what it has from the inventory, as if nothing of it were there
// any more: what is archived elsewhere is archived. Then its record is gone, which [Refresher.AwaitRemoved] waits for. Who wants to keep the inventory
// deletes the record instead.
func (r *Refresher[C, P]) Remove(ctx context.Context, manager string) error {
	err := r.Managers.Change(ctx, manager, func(t *turn) error {
		t.Data.Removing = true
		t.Wake(0)
		return nil
	})
	if err != nil {
		return err
	}
	err = r.Managers.Resume(ctx, manager)
	if errors.Is(err, storage.ErrInvalid) || errors.Is(err, storage.ErrNotFound) { // it is not paused, or gone already
		return nil
	}
	return err
}

// A turn is one of a manager.
type turn = supervision.Turn[Manager, ManagerState, ManagerEvent]

// explain says what a manager waits for.
func (l *lifecycle) explain(_ context.Context, r supervision.Record[Manager, ManagerState]) ([]string, error) {
	m := &r.Data
	var out []string
	for _, of := range []struct {
		name  string
		track *Track
		about string
	}{{"full", &m.Full, ""}, {"targeted", &m.Targeted, fmt.Sprintf(" of %d rows", m.Targets.Len())}} {
		t := of.track
		if t.Run != "" {
			out = append(out, fmt.Sprintf("a %s refresh is under way since %s", of.name, t.Began.Format(time.RFC3339)))
		}
		if t.Wanted {
			out = append(out, fmt.Sprintf("a %s refresh%s is asked for since %s", of.name, of.about, t.Asked.Format(time.RFC3339)))
		}
		if t.Failures > 0 {
			out = append(out, fmt.Sprintf("the last %d %s refreshes failed (%s); the next one begins at %s", t.Failures, of.name, t.Error, t.Retry.Format(time.RFC3339)))
		}
	}
	return out, nil
}
