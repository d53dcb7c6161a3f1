package scan_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan"
)

// Whatever fails, and whoever crashes: no request is acknowledged before its last reply is there, unless the desk wants none; and each of them is
// in the end.
func TestAgentsLoseNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) { losesNothing(t, dir) })
	})
}

func losesNothing(t *rapid.T, dir string) {
	o := newOffice(t, dir)
	o.options.Width = rapid.IntRange(1, 3).Draw(t, "width")
	l := newLedger(t, o)
	faults := &dice{r: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))}
	o.blobs = flakyBlobs{o.blobs, faults}
	o.opener.fails(func(context.Context) error { return faults.roll("open") })
	for _, q := range []*flaky{o.requests, o.replies} {
		q.fails(faults.roll, faults.roll)
	}
	var crew []*employee
	epochs := map[string]int{}
	job := rapid.SampledFrom([]string{"j", "k", "l"})
	leave := func(how func(*employee)) func(*rapid.T) {
		return func(t *rapid.T) {
			if len(crew) == 0 {
				t.Skip("nobody is there")
			}
			how(crew[0])
			crew = crew[1:]
		}
	}
	t.Repeat(map[string]func(*rapid.T){
		"ask": func(t *rapid.T) {
			j := job.Draw(t, "job")
			epochs[j]++
			o.ask(j, epochs[j], rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"quick", "steady", "quick2", "panics"}), 1, 3, rapid.ID).Draw(t, "categories")...)
		},
		"ask again": func(t *rapid.T) {
			j := job.Draw(t, "job")
			if epochs[j] == 0 {
				t.Skip("nobody asked for it")
			}
			o.ask(j, rapid.IntRange(1, epochs[j]).Draw(t, "epoch"), "quick")
		},
		"start": func(t *rapid.T) {
			if len(crew) == 3 {
				t.Skip("there are enough")
			}
			crew = append(crew, o.start())
		},
		"end":   leave((*employee).end),
		"crash": leave((*employee).crash),
		"pass":  func(t *rapid.T) { o.pass(time.Duration(rapid.IntRange(1, 90).Draw(t, "seconds")) * time.Second) },
		"direct": func(t *rapid.T) {
			o.desk.says(job.Draw(t, "job"), rapid.SampledFrom([]scan.DirectiveKind{scan.Continue, scan.Cancel, scan.Drop}).Draw(t, "directive"), "")
		},
		"order": func(t *rapid.T) {
			o.desk.orders(rapid.SampledFrom([]scan.Order{scan.Work, scan.Work, scan.Drain, scan.Stop}).Draw(t, "order"))
		},
		"faults": func(t *rapid.T) { faults.load(rapid.SampledFrom([]float64{0, 0.1, 0.5}).Draw(t, "share")) },
		"desk":   func(t *rapid.T) { o.desk.breaks(rapid.SampledFrom([]error{nil, nil, errFault}).Draw(t, "error")) },
	})
	faults.load(0)
	o.desk.breaks(nil)
	o.desk.orders(scan.Work)
	for j := range epochs {
		o.desk.says(j, scan.Continue, "")
	}
	crew = append(crew, o.start())
	o.pass(3 * time.Hour)
	o.wantRequests(0, 0, 0, 0)
	for j, last := range epochs {
		for epoch := 1; epoch <= last; epoch++ {
			l.wantsEnd(attempt{j, epoch})
		}
	}
	for _, e := range crew {
		e.end()
	}
	if running, _, _ := o.probe.counts(); running != 0 || o.opener.isOpen() != 0 {
		t.Errorf("%d scans run, %d targets are open", running, o.opener.isOpen())
	}
}

type attempt struct {
	Job   string `json:"job"`
	Epoch int    `json:"epoch"`
}

// A ledger knows what was said, and checks on each acknowledgement that it may be.
type ledger struct {
	t tester
	o *office

	mu           sync.Mutex
	ended, acked map[attempt]bool
}

func newLedger(t tester, o *office) *ledger {
	l := &ledger{t: t, o: o, ended: map[attempt]bool{}, acked: map[attempt]bool{}}
	o.replies.sent = func(m scan.Message) {
		var r scan.Reply
		if err := json.Unmarshal(m.Body, &r); err != nil {
			t.Error(err)
		}
		if r.Last {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.ended[attempt{r.Job, r.Epoch}] = true
		}
	}
	o.requests.acked = func(m scan.Message) {
		var a attempt
		if err := json.Unmarshal(m.Body, &a); err != nil {
			t.Error(err)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.acked[a] = true
		if !l.ended[a] && !o.desk.released(a) {
			t.Errorf("%v was acknowledged, although no last reply to it was sent", a)
		}
	}
	return l
}

func (l *ledger) wantsEnd(a attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.acked[a] {
		l.t.Errorf("%v was never acknowledged", a)
	}
}

// released reports whether the desk dropped an attempt, or had a later one begin.
func (d *desk) released(a attempt) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dropped[a] || d.begun[a.Job] > a.Epoch
}

// A dice decides what fails.
type dice struct {
	mu    sync.Mutex
	r     *rand.Rand
	share float64
}

func (d *dice) load(share float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.share = share
}

func (d *dice) roll(op string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.r.Float64() < d.share {
		return fmt.Errorf("%s: %w", op, errFault)
	}
	return nil
}

type flakyBlobs struct {
	scan.Blobs

	faults *dice
}

func (b flakyBlobs) Put(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
	if err := b.faults.roll("put"); err != nil {
		return "", 0, err
	}
	return b.Blobs.Put(ctx, r)
}
