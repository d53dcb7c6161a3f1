package scan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A Manager keeps jobs: durable records that have agents look into targets. It asks agents over a queue, hears them over another, and keeps what was found of
// each target. Any number of programs may have one on the same store. It is safe for concurrent use.
type Manager struct {
	// Jobs are the records: to get, list, await, explain, pause and resume them, and to read their history. They stay until the host deletes them: delete
	// only those that have ended, as another leaves what was attached for it, and its permits are not free for an hour.
	Jobs *supervision.Kind[Job, JobState, JobEvent]
	// Targets are what is known of targets.
	Targets *supervision.Kind[TargetRecord, TargetState, TargetEvent]
	// Pools has one record, "pool", as soon as there was a job or a limit: to explain it, and to see whether it gives permits out. As long as it is paused no job
	// begins; those that have their permits go on.
	Pools *supervision.Kind[Pool, PoolState, PoolEvent]

	contents   *supervision.Kind[Result, contentState, contentEvent]
	inspector  *Inspector
	seats      *supervision.Elements[seat, seatState, seatEvent]
	categories *supervision.Elements[CategoryProgress, CategoryState, categoryEvent]
	store      storage.Store
	requests   Queue
	replies    Queue
	blobs      Blobs
	options    Options
	pooled     atomic.Bool // there is a pool

	request  *supervision.Effect[sending, struct{}]
	withdraw *supervision.Effect[string, struct{}]
	save     *supervision.Effect[saving, struct{}]
}

// Options are the options of a [Manager]. Nil is the same as the zero value. All programs that have a manager of one name on a store need the same, also
// those that only make jobs, or are a [Desk]: without the Fleet its agents would seem silent. Loggers may differ.
type Options struct {
	// Name is the kind of the records, and begins the names of what belongs to them. Empty: scan.
	Name string
	// Save takes the results of a job over into the host's own store, before the job is done. It is called at least once, and again after
	// an error; see [supervision.Permanent]. Nil: the results stay where they are.
	Save func(ctx context.Context, r Report) error
	// Mounter says what has to be attached first, and Provisioning attaches it: its manager is on the same store. Nil: nothing.
	Mounter      Mounter
	Provisioning *provisioning.Manager
	// Fleet launches agents, as many as there is work for: each job needs a place of one, beside its other permits. It belongs to this manager. Nil:
	// the host sees to agents by other means.
	Fleet *Fleet
	// Late says what becomes of results that come too late.
	Late LatePolicy
	// QueueAge is how old the oldest request may be before no more permits are given out. Zero: two minutes; less: that does not count.
	QueueAge time.Duration
	// Scanners are those of the agents. What they tell of is checked when a job is made, and a target whose content is known by name is not
	// scanned at all where it was before. Nil: neither.
	Scanners []Scanner
	// Reports is how many reports of a target are kept, at most 100. Zero: five.
	Reports int
	// Grace is for how long a blob stays that nothing points at: a day at least, and longer than any job. Zero: seven days; less: for ever.
	Grace time.Duration
	// Logger is told of what no record tells. Nil: [slog.Default].
	Logger *slog.Logger
}

// A LatePolicy says what becomes of results that come too late: from an epoch that was given up, or when the job has ended.
type LatePolicy uint8

// What becomes of them.
const (
	// DropLate: they are counted and left alone.
	DropLate LatePolicy = iota
	// KeepLate: they are kept with the target, as evidence.
	KeepLate
	// AdoptLate: they are kept, and the next scan of the target need not look again for what they say. A job that is about to end
	// because its time is up, and gets all its results after all, has them.
	AdoptLate
)

const (
	defaultQueueAge = 2 * time.Minute
	defaultReports  = 5
	defaultGrace    = 7 * 24 * time.Hour
)

// NewManager returns a manager whose jobs are in store, whose requests to agents go into a queue, whose agents' replies come from another, and whose results
// are in blobs. Give it to a supervisor with [Manager.Supervise].
func NewManager(store storage.Store, requests, replies Queue, blobs Blobs, o *Options) (*Manager, error) {
	m := &Manager{store: store, requests: requests, replies: replies, blobs: blobs}
	if o != nil {
		m.options = *o
	}
	o = &m.options
	if o.Name == "" {
		o.Name = "scan"
	}
	if o.QueueAge == 0 {
		o.QueueAge = defaultQueueAge
	}
	if o.Reports == 0 {
		o.Reports = defaultReports
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("scan: %w", err)
	}
	m.request = supervision.NewEffect[sending, struct{}](o.Name + ".request")
	m.withdraw = supervision.NewEffect[string, struct{}](o.Name + ".withdraw")
	m.save = supervision.NewEffect[saving, struct{}](o.Name + ".save")
	m.categories = supervision.NewElements[CategoryProgress](categoryMachine, nil)
	m.seats = supervision.NewElements[seat](seatMachine, nil)
	var err error
	m.Jobs, err = supervision.NewKind(o.Name, jobMachine, store, &supervision.KindOptions[Job, JobState, JobEvent]{
		Elements: m.categories, Timeout: jobTimeout, Explain: m.explain,
	})
	if err != nil {
		return nil, err
	}
	m.Pools, err = supervision.NewKind(o.Name+".pool", poolMachine, store, &supervision.KindOptions[Pool, PoolState, PoolEvent]{Elements: m.seats, Explain: explainPool})
	if err != nil {
		return nil, err
	}
	m.contents, err = supervision.NewKind[Result](o.Name+".content", contentMachine, store, nil)
	if err != nil {
		return nil, err
	}
	if o.Scanners != nil {
		if m.inspector, err = NewInspector(blobs, o.Scanners, nil); err != nil {
			return nil, err
		}
	}
	if o.Fleet != nil {
		m.follow(o.Fleet)
	}
	m.Targets, err = supervision.NewKind[TargetRecord](o.Name+".target", targetMachine, store, nil)
	return m, err
}

func (m *Manager) check() error {
	o := &m.options
	switch {
	case m.requests == nil || m.replies == nil || m.blobs == nil:
		return errors.New("a queue of requests, one of replies, and blobs are needed; one of them is nil")
	case o.Mounter != nil && o.Provisioning == nil:
		return errors.New("a Mounter needs a manager that provisions what it names; Provisioning is nil")
	case o.Late > AdoptLate:
		return fmt.Errorf("the policy Late is %d; DropLate, KeepLate and AdoptLate are right", o.Late)
	case o.Reports < 0 || o.Reports > 100:
		return fmt.Errorf("%d reports of a target are to be kept; 1 to 100 are right", o.Reports)
	case o.Grace > 0 && o.Grace < 24*time.Hour:
		return fmt.Errorf("the grace of blobs is %v; a day or more is right, and longer than any job", o.Grace)
	}
	return nil
}

// pool returns the key of the one pool.
func (m *Manager) pool() storage.Key { return m.Pools.Key("pool") }

// Supervise has a supervisor do the work. Call it before its Run. A program without it can make jobs, and be their [Desk], all the same.
func (m *Manager) Supervise(s *supervision.Supervisor) error {
	supervision.Supervise(s, m.Jobs, m.decide, supervision.Emits(m.request, m.withdraw, m.save))
	supervision.Supervise(s, m.Pools, m.decidePool)
	supervision.Supervise(s, m.Targets, m.decideTarget)
	supervision.Supervise(s, m.contents, decideContent)
	supervision.Perform(s, m.request, m.performRequest, nil)
	supervision.Perform(s, m.withdraw, m.performWithdraw, nil)
	supervision.Perform(s, m.save, m.performSave, nil)
	s.Source(m.options.Name+".replies", m.store, m.pump)
	if _, ok := m.requests.(Gauge); ok && m.options.QueueAge > 0 {
		s.Source(m.options.Name+".gauge", m.store, m.watchQueue)
	}
	if queue, ok := m.requests.(listWithdrawer); ok {
		s.Source(m.options.Name+".left", m.store, func(ctx context.Context) error { return m.withdrawLeft(ctx, queue) })
	}
	if m.options.Grace > 0 {
		s.Source(m.options.Name+".sweep", m.store, m.sweepNowAndThen)
	}
	return nil
}

// jobTimeout returns how long a job may stay in a state; what changes on the way, the turn sets.
func jobTimeout(s JobState, j *Job) time.Duration {
	c := j.clocks()
	switch s {
	case JobQueued:
		return c.Queue
	case JobAdmitted, JobRequested:
		return c.Start
	case JobScanning:
		return c.Progress
	case JobStopping, JobCleaning:
		return c.Cleanup
	case JobCollected, JobSaving:
		return c.Total
	}
	return 0
}
