package scan_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage/memory"
)

// A tester is a test of the package testing, or of the package rapid.
type tester interface {
	Helper()
	Context() context.Context
	Cleanup(f func())
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// An office has all that agents work with, in memory and in virtual time.
type office struct {
	tester
	requests, replies *flaky
	blobs             scan.Blobs
	desk              *desk
	opener            *opener
	probe             *probe
	scanners          []scan.Scanner
	options           scan.AgentOptions
	agents            int
}

func inOffice(t *testing.T, f func(o *office)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(newOffice(t, t.TempDir()))
	})
}

func (o *office) workplace(requests, replies scan.Queue) scan.Workplace {
	return scan.Workplace{
		Requests: requests, Replies: replies, Blobs: o.blobs, Desk: o.desk, Opener: o.opener, Scanners: append([]scan.Scanner{o.probe}, o.scanners...),
	}
}

// An employee is an agent that runs.
type employee struct {
	stop              context.CancelFunc
	ended             chan struct{}
	requests, replies *flaky
}

// start has an agent run, until it stops by itself or stop is called.
func (o *office) start() *employee {
	o.Helper()
	o.agents++
	requests, replies := &flaky{Queue: o.requests}, &flaky{Queue: o.replies}
	a, err := scan.NewAgent(fmt.Sprint("a", o.agents), o.workplace(requests, replies), &o.options)
	if err != nil {
		o.Fatal(err)
	}
	ctx, cancel := context.WithCancel(o.Context())
	e := &employee{cancel, make(chan struct{}), requests, replies}
	go func() {
		defer close(e.ended)
		if err := a.Run(ctx); err != nil {
			o.Errorf("an agent ended with %v", err)
		}
	}()
	o.Cleanup(e.end)
	synctest.Wait()
	return e
}

func (e *employee) end() {
	e.stop()
	<-e.ended
}

// crash ends the agent before it can do anything about it.
func (e *employee) crash() {
	e.requests.fails(everything, nil)
	e.replies.fails(everything, nil)
	e.end()
}

// hasEnded reports whether the agent runs no more.
func (e *employee) hasEnded() bool {
	synctest.Wait()
	select {
	case <-e.ended:
		return true
	default:
		return false
	}
}

// pass lets time pass.
func (o *office) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// ask sends a request for categories, and lets it be received.
func (o *office) ask(job string, epoch int, categories ...string) {
	o.Helper()
	r := scan.Request{V: scan.WireVersion, Job: job, Epoch: epoch, Target: scan.Target{ID: "t-" + job, Type: "map", Content: "c"}, Progress: 5 * time.Minute}
	for _, c := range categories {
		r.Categories = append(r.Categories, scan.Category{Name: c})
	}
	body, err := scan.EncodeRequest(r)
	if err != nil {
		o.Fatal(err)
	}
	o.send(fmt.Sprintf("%s/%d", job, epoch), body)
}

func (o *office) send(key string, body []byte) {
	o.Helper()
	if err := o.requests.Queue.Send(o.Context(), scan.Message{Key: key, Body: body}); err != nil {
		o.Fatal(err)
	}
	o.pass(time.Second)
}

// said returns the replies that were sent so far, each as a line, and removes them.
func (o *office) said() []string {
	o.Helper()
	var lines []string
	for _, r := range o.heard() {
		line := fmt.Sprintf("%s/%d #%d", r.Job, r.Epoch, r.Seq)
		for _, result := range r.Results {
			line += fmt.Sprintf(" %s=%s", result.Category, result.Outcome)
		}
		if r.Error != "" {
			line += fmt.Sprintf(" %s: %s", r.Class, r.Error)
		}
		if r.Last {
			line += " last"
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func (o *office) heard() []scan.Reply {
	o.Helper()
	var out []scan.Reply
	for {
		some, err := o.replies.Queue.Receive(o.Context(), 10, time.Minute)
		if err != nil {
			o.Fatal(err)
		}
		for _, d := range some {
			var r scan.Reply
			if err := json.Unmarshal(d.Message().Body, &r); err != nil {
				o.Fatal(err)
			}
			out = append(out, r)
			if err := d.Ack(o.Context()); err != nil {
				o.Fatal(err)
			}
		}
		if len(some) == 0 {
			return out
		}
	}
}

// wantSaid fails the test if the replies since the last look are others.
func (o *office) wantSaid(want ...string) {
	o.Helper()
	if got := o.said(); !slices.Equal(got, want) {
		o.Errorf("the replies are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// wantRequests fails the test if there are not so many requests of each sort.
func (o *office) wantRequests(ready, leased, delayed, dead int) {
	o.Helper()
	got, err := o.requests.Queue.(scan.Gauge).Stats(o.Context())
	got.Oldest = 0
	if want := (scan.QueueStats{Ready: ready, Leased: leased, Delayed: delayed, Dead: dead}); err != nil || got != want {
		o.Errorf("the requests are %+v, %v, want %+v", got, err, want)
	}
}

// A flaky queue fails, or does what it does and says that it failed, as long as it is told so.
type flaky struct {
	scan.Queue

	mu            sync.Mutex
	before, after func(op string) error
	calls         map[string]int
	asked         []int // how many were asked for
	sent, acked   func(m scan.Message)
}

func (q *flaky) fails(before, after func(op string) error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.before, q.after = before, after
}

func (q *flaky) do(op string, f func() error) error {
	q.mu.Lock()
	before, after := q.before, q.after
	if q.calls == nil {
		q.calls = map[string]int{}
	}
	q.calls[op]++
	q.mu.Unlock()
	if before != nil {
		if err := before(op); err != nil {
			return err
		}
	}
	if err := f(); err != nil {
		return err
	}
	if after != nil {
		return after(op)
	}
	return nil
}

func (q *flaky) count(op string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.calls[op]
}

func (q *flaky) Send(ctx context.Context, messages ...scan.Message) error {
	return q.do("send", func() error {
		err := q.Queue.Send(ctx, messages...)
		for _, m := range messages {
			if err == nil && q.sent != nil {
				q.sent(m)
			}
		}
		return err
	})
}

func (q *flaky) Receive(ctx context.Context, most int, lease time.Duration) (out []scan.Delivery, err error) {
	q.mu.Lock()
	q.asked = append(q.asked, most)
	q.mu.Unlock()
	err = q.do("receive", func() (err error) {
		out, err = q.Queue.Receive(ctx, most, lease)
		return err
	})
	for i := range out {
		out[i] = &flakyDelivery{out[i], q}
	}
	return out, err
}

func (q *flaky) Listen(ctx context.Context) (stop func()) {
	_ = q.do("listen", func() error { return nil })
	return q.Queue.(interface {
		Listen(ctx context.Context) func()
	}).Listen(ctx)
}

type flakyDelivery struct {
	scan.Delivery

	q *flaky
}

func (d *flakyDelivery) Extend(ctx context.Context, lease time.Duration) error {
	return d.q.do("extend", func() error { return d.Delivery.Extend(ctx, lease) })
}

func (d *flakyDelivery) Ack(ctx context.Context) error {
	return d.q.do("ack", func() error {
		err := d.Delivery.Ack(ctx)
		if err == nil && d.q.acked != nil {
			d.q.acked(d.Delivery.Message())
		}
		return err
	})
}

func (d *flakyDelivery) Retry(ctx context.Context, after time.Duration) error {
	return d.q.do("retry", func() error { return d.Delivery.Retry(ctx, after) })
}

// A desk says what it was told to say, and notes what agents tell.
type desk struct {
	mu         sync.Mutex
	directives map[string]scan.Directive // by job
	order      scan.Order
	err        error
	reports    []string
	calls      int
	beats      []scan.Beat
	dropped    map[attempt]bool
	begun      map[string]int // the latest epoch, by job
}

func (d *desk) Report(_ context.Context, progress []scan.Progress) ([]scan.Directive, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return nil, d.err
	}
	d.calls++
	var out []scan.Directive
	for _, p := range progress {
		d.reports = append(d.reports, fmt.Sprintf("%s/%d #%d %s %d", p.Job, p.Epoch, p.Seq, p.Category, p.Items))
		directive, ok := d.directives[p.Job]
		if !ok {
			directive = scan.Directive{Do: scan.Continue}
		}
		switch directive.Do {
		case scan.Drop:
			d.dropped[attempt{p.Job, p.Epoch}] = true
		case scan.Continue:
			d.begun[p.Job] = max(d.begun[p.Job], p.Epoch)
		}
		out = append(out, directive)
	}
	return out, nil
}

func (d *desk) Beat(_ context.Context, b scan.Beat) (scan.Order, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return "", d.err
	}
	d.beats = append(d.beats, b)
	return d.order, nil
}

// says has the desk answer for a job from now on.
func (d *desk) says(job string, do scan.DirectiveKind, why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.directives[job] = scan.Directive{Do: do, Why: why}
}

// has has the desk know of results for a job.
func (d *desk) has(job string, categories ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.directives[job] = scan.Directive{Do: scan.Continue, Have: categories}
}

func (d *desk) orders(order scan.Order) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.order = order
}

func (d *desk) breaks(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

func (d *desk) heard() (reports []string, calls int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.reports), d.calls
}

func (d *desk) lastBeat() scan.Beat {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.beats[len(d.beats)-1]
}

// An opener opens an empty tree, unless it is told otherwise, and counts what is open.
type opener struct {
	mu   sync.Mutex
	open int
	fail func(ctx context.Context) error
}

func (o *opener) Open(ctx context.Context, _ scan.Target, _ map[string]provisioning.Known) (fs.FS, func() error, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		if err := o.fail(ctx); err != nil {
			return nil, nil, err
		}
	}
	o.open++
	return fstest.MapFS{}, func() error {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.open--
		return nil
	}, nil
}

func (o *opener) fails(f func(ctx context.Context) error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fail = f
}

func (o *opener) isOpen() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.open
}

// A probe scans what its name says: "quick" has one item, "steady" another one each second for nearly five minutes, "stuck" none for ever.
type probe struct {
	mu      sync.Mutex
	running int
	most    int
	begun   int
}

var probed = []string{"quick", "quick2", "steady", "stuck", "deaf", "panics"}

func (*probe) Name() string         { return "probe" }
func (*probe) Version() string      { return "1" }
func (*probe) Categories() []string { return probed }

func (p *probe) Scan(ctx context.Context, in scan.Input, emit scan.Emit) error {
	p.mu.Lock()
	p.running++
	p.begun++
	p.most = max(p.most, p.running)
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.running--
	}()
	switch in.Category {
	case "stuck":
		<-ctx.Done()
		return ctx.Err()
	case "panics":
		panic("a scanner's panic")
	case "steady":
		for n := range 297 {
			if err := emit(fmt.Sprint(n), n); err != nil {
				return err
			}
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return emit("a", 1)
}

func (p *probe) counts() (running, most, begun int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running, p.most, p.begun
}

var errFault = errors.New("it is away")

func always(op string) func(string) error {
	return func(called string) error {
		if called == op {
			return errFault
		}
		return nil
	}
}

func everything(string) error { return errFault }

// quietly drops what agents log.
var quietly = slog.New(slog.NewTextHandler(io.Discard, nil))

func newOffice(t tester, dir string) *office {
	store := memory.New(nil)
	o := &office{
		tester: t, desk: &desk{directives: map[string]scan.Directive{}, dropped: map[attempt]bool{}, begun: map[string]int{}, order: scan.Work}, opener: &opener{}, probe: &probe{},
		options:  scan.AgentOptions{Logger: quietly},
		requests: &flaky{Queue: queueOn(t, store, "requests", 20*time.Second)}, replies: &flaky{Queue: queueOn(t, store, "replies", -1)},
	}
	blobs, err := scan.NewDirBlobs(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.blobs = blobs
	return o
}

func queueOn(t tester, store *memory.Store, name string, wait time.Duration) scan.Queue {
	q, err := scan.NewStoreQueue(store, name, &scan.StoreQueueOptions{Owner: "agents", Wait: wait, Poll: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return q
}
