package scan_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
	"github.com/reeve-go/reeve/supervision/supervisiontest"
)

// A mail is a queue as bad as one may be: it doubles, reorders, hands out what another has, loses what it was told about a message,
// and says that it did not keep what it did.
type mail struct {
	sim  *supervisiontest.Sim
	kept []*letter
	dead int
}

type letter struct {
	scan.Message

	attempts int
	held     bool
}

func (q *mail) Send(_ context.Context, messages ...scan.Message) error {
	for _, m := range messages {
		for range 1 + q.sim.Intn(20)/19 {
			q.kept = append(q.kept, &letter{Message: m})
		}
	}
	if q.sim.Intn(20) == 19 {
		return errTest
	}
	return nil
}

func (q *mail) Receive(_ context.Context, most int, _ time.Duration) (out []scan.Delivery, err error) {
	if q.sim.Intn(30) == 29 {
		return nil, errTest
	}
	for range min(most, len(q.kept)) {
		l := q.kept[q.sim.Intn(len(q.kept))]
		if l.held && q.sim.Intn(4) != 3 {
			continue // else its lease has ended
		}
		l.held = true
		l.attempts++
		out = append(out, handed{q, l, l.attempts})
	}
	return out, nil
}

func (q *mail) remove(l *letter) error {
	switch q.sim.Intn(20) {
	case 18:
		return scan.ErrLeaseLost
	case 19:
		return errTest
	}
	q.kept = slices.DeleteFunc(q.kept, func(o *letter) bool { return o == l })
	return nil
}

type handed struct {
	q *mail
	*letter

	attempt int
}

func (h handed) Message() scan.Message                       { return h.letter.Message }
func (h handed) Attempt() int                                { return h.attempt }
func (h handed) Expires() time.Time                          { return time.Now().Add(time.Minute) }
func (h handed) Extend(context.Context, time.Duration) error { return nil }
func (h handed) Ack(context.Context) error                   { return h.q.remove(h.letter) }
func (h handed) Retry(context.Context, time.Duration) error  { h.held = false; return nil }
func (h handed) Bury(context.Context, string) error          { h.q.dead++; return h.q.remove(h.letter) }

// A lab is an estate of jobs, with agents that do one thing after another.
type lab struct {
	*testing.T

	sim               *supervisiontest.Sim
	requests, replies *mail
	blobs             *shelf
	bench             *simBench
	manager           *scan.Manager
	attached          *provisioning.Manager
	agents            [3]player
	jobs              int
	applied           map[string]scan.Digest
}

// A player is an agent.
type player struct {
	busy     bool // it does something
	delivery scan.Delivery
	request  scan.Request
	seq      int
	left     []scan.Category
	results  []scan.Result
}

func (a *player) forget() { *a = player{busy: a.busy} }

const labLimit = 2

func (l *lab) wire(store storage.Store) (*scan.Manager, *provisioning.Manager, error) {
	quiet := slog.New(slog.DiscardHandler)
	p, err := provisioning.NewManager(store, &provisioning.Options{Logger: quiet})
	if err != nil {
		return nil, nil, err
	}
	p.Register("snapshot", l.bench, &provisioning.TypeOptions{Timeout: time.Minute})
	m, err := scan.NewManager(store, l.requests, l.replies, l.blobs, &scan.Options{
		Logger: quiet, Mounter: l.bench, Provisioning: p, Late: scan.AdoptLate, QueueAge: -1, Grace: -1,
		Save: func(context.Context, scan.Report) error {
			if l.sim.Intn(5) == 4 {
				return errTest
			}
			return nil
		},
	})
	return m, p, err
}

// start makes a job, with anything that a job may have.
func (l *lab) start(ctx context.Context) error {
	pick := l.sim.Intn
	id := fmt.Sprint("job", l.jobs)
	l.jobs++
	s := spec(fmt.Sprint("vm", pick(3)))
	s.Target.Type = supervisiontest.Pick(l.sim, "bare", "disk")
	s.Permits = []scan.Permit{{Key: "all", Weight: 1 + pick(2)}, {Key: fmt.Sprint("host/", pick(2))}}
	s.Clocks = scan.Clocks{Queue: 6 * time.Hour, Start: 10 * time.Minute, Progress: 5 * time.Minute, Total: time.Hour, Cleanup: 10 * time.Minute}
	return l.manager.Start(ctx, id, s)
}

func (l *lab) cancel(ctx context.Context) error {
	if l.jobs == 0 {
		return nil
	}
	err := l.manager.Cancel(ctx, fmt.Sprint("job", l.sim.Intn(l.jobs)), "enough")
	if errors.Is(err, scan.ErrEnded) || errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	return err
}

// play has an agent do one thing.
func (l *lab) play(ctx context.Context) error {
	i := l.sim.Intn(len(l.agents))
	a, name := &l.agents[i], fmt.Sprint("agent", i)
	if a.busy {
		return nil
	}
	a.busy = true
	crashed := true
	defer func() {
		if a.busy = false; crashed {
			*a = player{}
		}
	}()
	err := l.act(ctx, a, name)
	crashed = false
	return err
}

func (l *lab) act(ctx context.Context, a *player, name string) error {
	if a.delivery == nil {
		got, err := l.requests.Receive(ctx, 1, time.Minute)
		if err != nil || len(got) == 0 {
			return nil //nolint:nilerr // it asks again
		}
		r, err := scan.DecodeRequest(got[0].Message().Body)
		if err != nil {
			return err
		}
		a.forget()
		a.delivery, a.request, a.left = got[0], r, r.Categories
	}
	if l.sim.Intn(15) == 14 {
		a.forget() // it dies
		return nil
	}
	if a.seq == 0 || l.sim.Intn(3) == 2 {
		a.seq++
		d, err := l.manager.Report(ctx, []scan.Progress{{Agent: name, Job: a.request.Job, Epoch: a.request.Epoch, Seq: a.seq, Category: "a", Items: a.seq}})
		if err != nil {
			a.seq--
			return nil //nolint:nilerr // it reports again
		}
		switch d[0].Do {
		case scan.Drop:
			_ = a.delivery.Ack(ctx)
			a.forget()
			return nil
		case scan.Cancel:
			l.reply(ctx, a, name, scan.Reply{Last: true, Error: "canceled", Class: scan.Canceled})
			return nil
		}
	}
	switch l.sim.Intn(8) {
	case 0, 1, 2:
		if len(a.left) > 0 {
			a.results = append(a.results, l.result(a.left[0].Name))
			a.left = a.left[1:]
		}
	case 3:
		l.reply(ctx, a, name, scan.Reply{})
	case 4, 5:
		if len(a.left) == 0 {
			l.reply(ctx, a, name, scan.Reply{Last: true})
		}
	case 6:
		if l.sim.Intn(4) == 3 {
			l.reply(ctx, a, name, scan.Reply{Last: true, Error: "trouble", Class: supervisiontest.Pick(l.sim, scan.Trouble, scan.Fatal)})
		}
	}
	return nil
}

func (l *lab) result(category string) scan.Result {
	if l.sim.Intn(8) == 7 {
		return scan.Result{Category: category, Outcome: scan.Failed, Error: "it went wrong", Class: supervisiontest.Pick(l.sim, scan.Trouble, scan.Fatal)}
	}
	text := fmt.Sprintf("{\"key\":\"k\",\"value\":\"%d\"}\n", l.sim.Intn(4))
	d, _, err := l.blobs.Put(context.Background(), bytes.NewReader([]byte(text)))
	if err != nil {
		l.Error(err)
	}
	return scan.Result{
		Category: category, Outcome: scan.OK, Scanner: "test", Version: "1", Address: scan.DigestOf([]byte(category + text)),
		Items: 1, Bytes: int64(len(text)), Digest: d, Blob: d,
	}
}

// reply says what an agent has, and forgets the request if that was all.
func (l *lab) reply(ctx context.Context, a *player, name string, r scan.Reply) {
	if !r.Last && len(a.results) == 0 {
		return
	}
	r.V, r.Agent, r.Job, r.Epoch, r.Results = scan.WireVersion, name, a.request.Job, a.request.Epoch, a.results
	a.seq++
	r.Seq = a.seq
	body, err := scan.EncodeReply(r)
	if err != nil {
		l.Errorf("%+v: %v", r, err)
		return
	}
	if l.replies.Send(ctx, scan.Message{Key: fmt.Sprintf("%s/%d/%s/%d", r.Job, r.Epoch, name, r.Seq), Body: body}) != nil {
		return // it says it again
	}
	a.results = nil
	if r.Last {
		_ = a.delivery.Ack(ctx)
		a.forget()
	}
}

// always: no more is given out than there is, the pool counts right, and what was applied stays.
func (l *lab) always(ctx context.Context) error {
	p, err := l.manager.Pool(ctx)
	if err != nil {
		return err
	}
	held, _, err := l.manager.Seats(ctx)
	if err != nil {
		return err
	}
	if len(held)+len(p.Used) > 0 && !maps.Equal(held, p.Used) {
		return fmt.Errorf("the pool says that %v is given out, and those who have it say %v", p.Used, held)
	}
	for key, n := range p.Used {
		if n > labLimit {
			return fmt.Errorf("of %s there are %d given out; there are %d", key, n, labLimit)
		}
	}
	for i := range l.jobs {
		job := fmt.Sprint("job", i)
		for el, err := range l.manager.Categories(ctx, job) {
			if err != nil {
				return err
			}
			if r := el.Data.Result; r != nil && r.Digest != "" {
				if was, ok := l.applied[job+"/"+el.Name]; ok && was != r.Digest {
					return fmt.Errorf("category %s of %s had a result, and has another", el.Name, job)
				}
				l.applied[job+"/"+el.Name] = r.Digest
			}
		}
	}
	return nil
}

// finally: every job has ended, and nothing is left of it.
func (l *lab) finally(ctx context.Context) error {
	for j, err := range l.manager.Jobs.List(ctx, nil) {
		if err != nil {
			return err
		}
		if !j.State.Final() {
			e, _ := l.manager.Jobs.Explain(ctx, j.Key.ID)
			return fmt.Errorf("%s has not ended:\n%s", j.Key, e)
		}
		report, err := l.manager.Results(ctx, j.Key.ID)
		if err != nil {
			return err
		}
		for _, one := range report.Results {
			if j.State == scan.JobDone && one.Outcome == scan.OK && !l.has(one.Blob) {
				return fmt.Errorf("%s: the result of %s is lost", j.Key, one.Category)
			}
		}
	}
	if held, waiting, err := l.manager.Seats(ctx); err != nil || len(held) > 0 || waiting > 0 {
		return fmt.Errorf("%v is given out and %d wait, %w", held, waiting, err)
	}
	told := 0 // could not be released, and say so
	for _, err := range l.attached.Requests.List(ctx, &supervision.Query[provisioning.Status]{States: []provisioning.Status{provisioning.Failed}}) {
		if err != nil {
			return err
		}
		told++
	}
	if len(l.bench.there) > told {
		return fmt.Errorf("%d are still attached, and %d of them are known", len(l.bench.there), told)
	}
	return nil
}

func (l *lab) has(d scan.Digest) bool {
	r, err := l.blobs.Open(context.Background(), d)
	return err == nil && r.Close() == nil
}

// A simBench attaches what jobs need, and fails.
type simBench struct {
	sim   *supervisiontest.Sim
	there map[string]bool
	gone  map[string]bool // nothing comes into being under these keys any more
}

func (b *simBench) Mounts(t scan.Target) ([]provisioning.Spec, error) {
	if t.Type == "bare" {
		return nil, nil
	}
	return []provisioning.Spec{{ID: "snapshot", Type: "snapshot"}}, nil
}

func (b *simBench) Ensure(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	if b.sim.Intn(10) == 9 {
		return provisioning.Answer{}, provisioning.Fatal(errTest)
	}
	if !b.gone[c.Key] {
		b.there[c.Key] = true
	}
	if b.sim.Intn(10) == 9 {
		return provisioning.Answer{}, errTest
	}
	return provisioning.Answer{}, nil
}

func (b *simBench) Release(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	delete(b.there, c.Key)
	b.gone[c.Key] = true
	return provisioning.Answer{}, nil
}

// Whatever queues, agents, the store and what is attached do: every job ends, no more is given out than there is, no category has two
// results, and nothing is left behind.
func TestSimulation(t *testing.T) {
	t.Parallel()
	supervisiontest.Simulate(t, func(sim *supervisiontest.Sim) error {
		l := &lab{
			T: t, sim: sim, requests: &mail{sim: sim}, replies: &mail{sim: sim}, blobs: &shelf{},
			bench: &simBench{sim, map[string]bool{}, map[string]bool{}}, applied: map[string]scan.Digest{},
		}
		var err error
		if l.manager, l.attached, err = l.wire(sim.Store()); err != nil {
			return err
		}
		sim.Process(func(p *supervisiontest.Process) error {
			m, attached, err := l.wire(p.Store())
			if err != nil {
				return err
			}
			return errors.Join(attached.Supervise(p.Supervisor()), m.Supervise(p.Supervisor()))
		})
		limited := false
		sim.Action("start", func(ctx context.Context) error {
			if !limited {
				if err := errors.Join(l.manager.Limit(ctx, "all", labLimit), l.manager.Limit(ctx, "host/*", labLimit)); err != nil {
					return err
				}
				limited = true
			}
			return l.start(ctx)
		})
		sim.Action("cancel", l.cancel)
		for range 4 {
			sim.Action("play", l.play)
		}
		sim.Action("pump", func(ctx context.Context) error {
			if err := l.manager.Pump(ctx); !errors.Is(err, errTest) {
				return err
			}
			return nil
		})
		supervisiontest.Watch(sim, l.manager.Jobs)
		sim.Always("jobs keep their promises", l.always)
		sim.Finally("every job ends", l.finally)
		return nil
	}, &supervisiontest.Options{Calm: 48 * time.Hour})
}
