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

// A request is begun only when the desk has said so, its results are sent, and only then is it acknowledged.
func TestAgentScans(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.start()
		o.ask("j", 1, "quick", "quick2")
		o.wantSaid("j/1 #1 quick=ok quick2=ok last")
		o.wantRequests(0, 0, 0, 0)
		if reports, _ := o.desk.heard(); len(reports) == 0 || reports[0] != "j/1 #1  0" {
			t.Errorf("the reports are %q, the first has to be made before any work", reports)
		}
		if o.opener.isOpen() != 0 {
			t.Error("the target was left open")
		}
		o.pass(time.Minute)
		if listened, extended := o.requests.count("listen"), o.requests.count("extend"); listened != 1 || extended != 0 {
			t.Errorf("it listened %d times, and extended the lease of what took no time %d times; once and never are right", listened, extended)
		}
	})
}

// What was found early is known early: a reply for each beat in which a category was done.
func TestAgentRepliesAsItGoes(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.start()
		o.ask("j", 1, "quick", "steady", "quick2")
		o.wantSaid()
		o.pass(15 * time.Second)
		o.wantSaid("j/1 #1 quick=ok")
		o.pass(2 * time.Minute)
		o.wantSaid()
		o.wantRequests(0, 1, 0, 0) // its lease is extended as long as it gets on
		o.pass(3 * time.Minute)
		o.wantSaid("j/1 #2 steady=ok quick2=ok last")
		o.wantRequests(0, 0, 0, 0)
	})
}

// An agent takes no more than it has room for.
func TestAgentTakesWhatItHasRoomFor(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.options.Width = 2
		for n := range 5 {
			o.ask(fmt.Sprint("j", n), 1, "steady")
		}
		o.start()
		o.pass(time.Minute)
		o.wantRequests(3, 2, 0, 0)
		if b := o.desk.lastBeat(); b.Width != 2 || b.Busy != 2 || b.Worked == 0 {
			t.Errorf("it says %+v of itself", b)
		}
		reports, calls := o.desk.heard()
		if calls*2-len(reports) > 2 {
			t.Errorf("%d reports took %d calls; the tasks are to be reported together", len(reports), calls)
		}
		o.pass(20 * time.Minute)
		o.wantRequests(0, 0, 0, 0)
		if _, most, begun := o.probe.counts(); most != 2 || begun != 5 {
			t.Errorf("at most %d scans ran side by side, %d in all; 2 and 5 are right", most, begun)
		}
		for _, n := range o.requests.asked {
			if n < 1 || n > 2 {
				t.Errorf("it asked for %d requests", n)
			}
		}
	})
}

// Who is busy does not ask for each request by itself.
func TestAgentTakesSomeAtOnce(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.options.Width = 10
		for n := range 40 {
			o.ask(fmt.Sprint("j", n), 1, "steady")
			time.Sleep(time.Millisecond)
		}
		o.start()
		o.pass(time.Hour)
		o.wantRequests(0, 0, 0, 0)
		if n := o.requests.count("receive"); n > 4+3600/20+4 {
			t.Errorf("it asked %d times for 40 requests; for ten at a time, and then every 20 seconds, is right", n)
		}
	})
}

// What cannot be understood is buried and stops nothing; what is of a newer version is left to a newer agent first.
func TestAgentBuriesPoison(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.start()
		o.send("poison", []byte("{"))
		o.wantRequests(0, 0, 0, 1)
		o.ask("j", 1, "quick")
		o.wantSaid("j/1 #1 quick=ok last")
		o.send("newer", []byte(`{"v":99,"job":"j","epoch":1}`))
		o.wantRequests(0, 0, 1, 1)
		o.pass(30 * time.Minute)
		o.wantRequests(0, 0, 0, 2)
		for d, err := range o.requests.Queue.(scan.Graveyard).Dead(o.Context()) {
			if err != nil || !strings.HasPrefix(d.Reason, `agent "a1": `) {
				t.Errorf("%s is dead because of %q, %v", d.Key, d.Reason, err)
			}
		}
	})
}

// The desk decides: what it drops is not looked at, and nobody hears of it.
func TestAgentDrops(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.desk.says("j", scan.Drop, "")
		o.start()
		o.ask("j", 1, "steady")
		o.wantRequests(0, 0, 0, 0)
		if _, _, begun := o.probe.counts(); begun != 0 {
			t.Error("it was looked at")
		}
		o.desk.says("j", scan.Continue, "")
		o.ask("j", 2, "steady")
		o.pass(time.Minute)
		o.desk.says("j", scan.Drop, "")
		o.pass(15 * time.Second)
		o.wantRequests(0, 0, 0, 0)
		o.wantSaid()
		if running, _, _ := o.probe.counts(); running != 0 {
			t.Error("it goes on")
		}
	})
}

// What the desk cancels ends with a reply that says so, wherever it is.
func TestAgentCancels(t *testing.T) {
	t.Parallel()
	for _, category := range []string{"steady", "stuck"} {
		inOffice(t, func(o *office) {
			o.start()
			o.ask("j", 1, "quick", category)
			o.desk.says("j", scan.Cancel, "enough")
			o.pass(15 * time.Second)
			said := strings.Join(o.said(), "\n")
			if !strings.Contains(said, "quick=ok") || !strings.HasSuffix(said, "canceled: canceled: enough last") {
				t.Errorf("the replies are %s", said)
			}
			o.wantRequests(0, 0, 0, 0)
			if o.opener.isOpen() != 0 {
				t.Error("the target was left open")
			}
		})
	}
	inOffice(t, func(o *office) { // before it has begun
		o.desk.says("j", scan.Cancel, "")
		o.start()
		o.ask("j", 1, "quick")
		o.wantSaid("j/1 #1 canceled: canceled last")
		o.wantRequests(0, 0, 0, 0)
	})
}

// A scan in which nothing is done loses its lease, although its agent lives: it is tried elsewhere, and nothing more is said of it.
func TestAgentLosesWhatIsStuck(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.start()
		o.ask("j", 1, "stuck")
		o.pass(50 * time.Second)
		running, _, _ := o.probe.counts()
		o.wantRequests(0, 1, 0, 0)
		reports, _ := o.desk.heard()
		o.desk.says("j", scan.Drop, "another has it")
		o.pass(time.Minute)
		if ended, _, _ := o.probe.counts(); running != 1 || ended != 0 {
			t.Errorf("%d scans ran, and %d after the lease; 1 and 0 are right", running, ended)
		}
		if len(reports) > 3 {
			t.Errorf("it was reported %q, although nothing was done", reports)
		}
		o.wantSaid()
		o.wantRequests(0, 0, 0, 0) // it came again, and was dropped
	})
}

// Without a desk nothing is begun, and nothing that was begun is kept.
func TestAgentWithoutDesk(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.start()
		o.desk.breaks(errFault)
		o.ask("j", 1, "steady")
		o.pass(30 * time.Second)
		if _, _, begun := o.probe.counts(); begun != 0 {
			t.Error("it was begun without the desk")
		}
		o.desk.breaks(nil)
		o.pass(15 * time.Second)
		if running, _, _ := o.probe.counts(); running != 1 {
			t.Error("it was not begun when the desk was back")
		}
		o.desk.breaks(errFault)
		o.pass(20 * time.Second)
		o.desk.breaks(nil) // in time
		o.pass(45 * time.Second)
		if _, _, begun := o.probe.counts(); begun != 1 {
			t.Error("it was begun again, although the desk was back in time")
		}
		o.desk.breaks(errFault)
		o.pass(70 * time.Second)
		if running, _, _ := o.probe.counts(); running != 0 {
			t.Error("it goes on although its lease is lost")
		}
		o.wantSaid()
		o.desk.breaks(nil)
		o.pass(10 * time.Minute)
		o.wantSaid("j/1 #1 steady=ok last")
	})
}

// A request that comes again while it is worked on is not begun twice, and all its deliveries are acknowledged.
func TestAgentAdopts(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.options.Width = 3
		o.start()
		o.ask("j", 1, "steady")
		body, _ := scan.EncodeRequest(scan.Request{V: 1, Job: "j", Epoch: 1, Target: scan.Target{ID: "t-j"}, Categories: []scan.Category{{Name: "steady"}}, Progress: time.Minute})
		o.send("again", body)
		o.pass(2 * time.Minute)
		o.wantRequests(0, 2, 0, 0)
		if b := o.desk.lastBeat(); b.Busy != 1 {
			t.Errorf("%d tasks, want 1", b.Busy)
		}
		o.pass(5 * time.Minute)
		o.wantSaid("j/1 #1 steady=ok last")
		o.wantRequests(0, 0, 0, 0)
		if _, _, begun := o.probe.counts(); begun != 1 {
			t.Errorf("it was begun %d times", begun)
		}
	})
}

// To bring a stuck request again does not make it any longer.
func TestAgentAdoptsNoTime(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.options.Width = 3
		o.start()
		o.ask("j", 1, "stuck")
		o.pass(30 * time.Second)
		body, _ := scan.EncodeRequest(scan.Request{V: 1, Job: "j", Epoch: 1, Target: scan.Target{ID: "t-j"}, Categories: []scan.Category{{Name: "stuck"}}, Progress: time.Minute})
		o.send("again", body)
		o.desk.says("j", scan.Drop, "")
		o.pass(40 * time.Second)
		if running, _, _ := o.probe.counts(); running != 0 {
			t.Error("it goes on")
		}
	})
}

// Of a job the latest epoch is worked on.
func TestAgentSupersedes(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.options.Width = 3
		o.start()
		o.ask("j", 2, "steady")
		o.ask("j", 1, "steady")
		o.pass(20 * time.Second)
		if running, _, begun := o.probe.counts(); running != 1 || begun != 1 {
			t.Errorf("%d run of %d; the earlier one is not wanted", running, begun)
		}
		o.wantRequests(0, 1, 0, 0)
		o.ask("j", 3, "steady")
		o.pass(20 * time.Second)
		if running, _, begun := o.probe.counts(); running != 1 || begun != 2 {
			t.Errorf("%d run of %d; the later one is wanted only", running, begun)
		}
		o.pass(6 * time.Minute)
		o.wantSaid("j/3 #1 steady=ok last")
	})
	inOffice(t, func(o *office) { // but only the desk knows which is the latest one that counts
		o.options.Width = 3
		o.start()
		o.desk.breaks(errFault)
		o.ask("j", 2, "quick")
		o.ask("j", 1, "quick")
		o.wantRequests(0, 2, 0, 0)
	})
}

// What goes wrong is said in a word that tells what sort of thing it is, and takes nothing else with it.
func TestAgentSaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		fail func(ctx context.Context) error
		want string
	}{
		"trouble": {func(context.Context) error { return errFault }, "j/1 #1 trouble: it is away last"},
		"fatal":   {func(context.Context) error { return scan.Fail(errors.New("it is gone")) }, "j/1 #1 fatal: it is gone last"},
		"panic":   {func(context.Context) error { panic("no") }, "j/1 #1 trouble: the opener panicked: no last"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			inOffice(t, func(o *office) {
				o.start()
				o.opener.fails(c.fail)
				o.ask("j", 1, "quick")
				o.wantSaid(c.want)
				o.opener.fails(nil)
				o.ask("k", 1, "quick", "panics", "quick2")
				o.wantSaid("k/1 #1 quick=ok panics=failed quick2=ok last")
				o.wantRequests(0, 0, 0, 0)
			})
		})
	}
	inOffice(t, func(o *office) { // the agent's own fault: it leaves the next one to others for the time of a lease
		o.options.Lease = time.Minute
		o.start()
		o.opener.fails(func(context.Context) error { return scan.AgentFault(errors.New("no cable")) })
		o.ask("j", 1, "quick")
		o.wantSaid("j/1 #1 lost: no cable last")
		o.opener.fails(nil)
		o.ask("k", 1, "quick")
		o.pass(30 * time.Second)
		o.wantRequests(1, 0, 0, 0)
		o.pass(time.Minute)
		o.wantSaid("k/1 #1 quick=ok last")
		o.wantRequests(0, 0, 0, 0)
	})
	inOffice(t, func(o *office) {
		o.start()
		o.opener.fails(func(context.Context) error { return scan.RetryAfter(time.Hour, errFault) })
		o.ask("j", 1, "quick")
		if heard := o.heard(); len(heard) != 1 || heard[0].RetryAfter != time.Hour {
			t.Errorf("it said %+v", heard)
		}
	})
}
