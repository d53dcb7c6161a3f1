package scan_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// When an agent is ended, what it had is given back at once, and nothing of it runs any more.
func TestAgentGivesBack(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(o *office, e *employee){
		"program": func(_ *office, e *employee) { e.end() },
		"desk":    func(o *office, _ *employee) { o.desk.orders(scan.Stop); o.pass(15 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inOffice(t, func(o *office) {
				o.options.Width = 3
				e := o.start()
				o.ask("j", 1, "steady")
				o.ask("k", 1, "stuck")
				end(o, e)
				if !e.hasEnded() {
					t.Fatal("it has not ended")
				}
				o.wantRequests(2, 0, 0, 0)
				o.wantSaid()
				if running, _, _ := o.probe.counts(); running != 0 || o.opener.isOpen() != 0 {
					t.Errorf("%d scans run, %d targets are open", running, o.opener.isOpen())
				}
			})
		})
	}
}

// An agent that drains takes no more, ends what it has, says so and stops.
func TestAgentDrains(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		e := o.start()
		o.ask("j", 1, "steady")
		o.ask("k", 1, "steady")
		o.desk.orders(scan.Drain)
		o.pass(4 * time.Minute)
		if e.hasEnded() {
			t.Fatal("it has ended before its work")
		}
		o.pass(2 * time.Minute)
		o.wantSaid("j/1 #1 steady=ok last")
		o.wantRequests(1, 0, 0, 0)
		if b := o.desk.lastBeat(); !e.hasEnded() || !b.Drained || b.Idle || b.Busy != 0 {
			t.Errorf("its last word is %+v", b)
		}
	})
	inOffice(t, func(o *office) { // with nothing to do
		e := o.start()
		o.desk.orders(scan.Drain)
		o.pass(11 * time.Second) // also while it waits for requests
		if b := o.desk.lastBeat(); !e.hasEnded() || !b.Drained {
			t.Errorf("its last word is %+v", b)
		}
	})
}

// An agent that was idle for long enough takes a last look, says so and stops.
func TestAgentIdle(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.options.Idle = time.Minute
		e := o.start()
		o.pass(50 * time.Second)
		o.ask("j", 1, "quick")
		o.pass(50 * time.Second)
		o.wantSaid("j/1 #1 quick=ok last")
		if e.hasEnded() {
			t.Fatal("it has ended too early")
		}
		o.pass(40 * time.Second)
		if b := o.desk.lastBeat(); !e.hasEnded() || !b.Idle || b.Drained {
			t.Errorf("its last word is %+v", b)
		}
	})
}

// What comes while an agent takes its last look is worked on: between a look and the end nothing is taken.
func TestAgentLastLook(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.options.Idle = time.Minute
		e := o.start()
		o.pass(65 * time.Second) // it is looking for the last time
		o.ask("j", 1, "quick")
		o.wantSaid("j/1 #1 quick=ok last")
		if e.hasEnded() {
			t.Error("it has ended")
		}
		o.pass(2 * time.Minute)
		if !e.hasEnded() {
			t.Error("it has not ended")
		}
	})
}

// A queue that fails is asked again, now and then.
func TestAgentReceivesAgain(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.requests.fails(always("receive"), nil)
		o.start()
		o.pass(time.Hour)
		if n := o.requests.count("receive"); n < 300 || n > 370 {
			t.Errorf("it was asked %d times in an hour", n)
		}
		o.requests.fails(nil, nil)
		o.pass(10 * time.Second)
		o.ask("j", 1, "quick")
		o.wantSaid("j/1 #1 quick=ok last")
	})
}

// What could not be sent is sent again as it was, so that a queue can tell it is the same.
func TestAgentSendsAgain(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.replies.fails(nil, always("send")) // it is there, but the agent does not know
		o.start()
		o.ask("j", 1, "quick", "steady", "quick2")
		o.pass(time.Minute)
		o.replies.fails(nil, nil)
		o.pass(5 * time.Minute)
		o.wantSaid("j/1 #1 quick=ok", "j/1 #2 steady=ok quick2=ok last")
		o.wantRequests(0, 0, 0, 0)
	})
}

// Without its last reply no request is acknowledged.
func TestAgentAcksLast(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.replies.fails(always("send"), nil)
		o.start()
		o.ask("j", 1, "quick")
		o.pass(40 * time.Second)
		o.wantRequests(0, 1, 0, 0)
		o.replies.fails(nil, nil)
		o.pass(20 * time.Second)
		o.wantSaid("j/1 #1 quick=ok last")
		o.requests.fails(always("ack"), nil)
		o.ask("k", 1, "quick")
		o.wantSaid("k/1 #1 quick=ok last")
		o.pass(20 * time.Second)
		o.wantRequests(0, 1, 0, 0)
		o.requests.fails(nil, nil)
		o.pass(10 * time.Second)
		o.wantRequests(0, 0, 0, 0)
		o.wantSaid()
	})
}

// Many results are sent in several replies; the last of these says that it is.
func TestAgentSplitsReplies(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		const categories = 20
		w := wordy{}
		for n := range categories {
			w = append(w, fmt.Sprint("c", n))
		}
		o.scanners = append(o.scanners, w)
		o.start()
		o.ask("j", 1, w...)
		heard := o.heard()
		results := 0
		for i, r := range heard {
			results += len(r.Results)
			if r.Seq != i+1 || r.Last != (i == len(heard)-1) {
				t.Errorf("reply %d of %d has the number %d, last %v", i+1, len(heard), r.Seq, r.Last)
			}
		}
		if results != categories || len(heard) < 3 || len(heard) > 6 {
			t.Errorf("%d results came in %d replies", results, len(heard))
		}
	})
}

// A wordy scanner has as many and as long problems as it may.
type wordy []string

func (wordy) Name() string           { return "wordy" }
func (wordy) Version() string        { return "1" }
func (w wordy) Categories() []string { return w }

func (wordy) Scan(_ context.Context, in scan.Input, emit scan.Emit) error {
	for n := range 50 {
		in.Tree.Note(fmt.Sprint(n, strings.Repeat("x", 1000)), errors.New(strings.Repeat("y", 500)))
	}
	return emit("a", 1)
}

func TestNewAgentRefuses(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		blind := o.workplace(o.requests, o.replies)
		blind.Scanners = nil
		for want, c := range map[string]struct {
			id      string
			w       scan.Workplace
			options scan.AgentOptions
		}{
			`scan: agent "": the id has 0 bytes; 1 to 255, without control characters, are right`:              {"", o.workplace(o.requests, o.replies), scan.AgentOptions{}},
			`scan: agent "a": something is missing; requests, replies, blobs, a desk and an opener are needed`: {"a", scan.Workplace{}, scan.AgentOptions{}},
			`scan: agent "a": an option is negative; zero means the default`:                                   {"a", o.workplace(o.requests, o.replies), scan.AgentOptions{Width: -1}},
			`scan: agent "a": a beat of 30s for a lease of 1m0s; at most a third of it is right`:               {"a", o.workplace(o.requests, o.replies), scan.AgentOptions{Beat: 30 * time.Second}},
			`scan: agent "a": there are no scanners; one is needed for each category that it is to look for`:   {"a", blind, scan.AgentOptions{}},
		} {
			if _, err := scan.NewAgent(c.id, c.w, &c.options); err == nil || err.Error() != want {
				t.Errorf("the error is %v\nwant %s", err, want)
			}
		}
	})
}
