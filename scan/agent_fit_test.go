package scan_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// An agent that has no room for what it finds says that it is the agent's fault, and lets others take the next requests for a while.
func TestAgentWithoutRoom(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.options.Inspector = &scan.InspectorOptions{Memory: 1, Temp: t.TempDir() + "/none"}
		o.start()
		o.ask("j", 1, "quick", "quick2")
		said := strings.Join(o.said(), "\n")
		if !strings.HasPrefix(said, `j/1 #1 quick=failed quick2=failed lost: category "quick": facts that do not fit into memory could not be kept in a file: `) ||
			!strings.HasSuffix(said, " last") {
			t.Errorf("the replies are %s", said)
		}
		o.ask("k", 1, "quick")
		o.wantRequests(1, 0, 0, 0)
		o.options.Inspector = nil
		o.start()
		o.pass(time.Second)
		o.wantSaid("k/1 #1 quick=ok last")
		o.wantRequests(0, 0, 0, 0)
	})
	inOffice(t, func(o *office) { // but only for a while, and what ends it is not waited for
		o.options.Inspector = &scan.InspectorOptions{Memory: 1, Temp: t.TempDir() + "/none"}
		e := o.start()
		o.ask("j", 1, "quick")
		o.ask("k", 1, "quick")
		o.pass(time.Minute)
		o.wantRequests(0, 0, 0, 0)
		e.stop()
		if !e.hasEnded() {
			t.Error("it goes on")
		}
	})
}

// A job that waits for word for a short time only gets it in time.
func TestAgentReportsInTime(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.start()
		body, err := scan.EncodeRequest(scan.Request{
			V: scan.WireVersion, Job: "j", Epoch: 1, Target: scan.Target{ID: "t"}, Categories: []scan.Category{{Name: "steady"}}, Progress: 6 * time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		o.send("j/1", body)
		for range 10 {
			_, before := o.desk.heard()
			o.pass(4 * time.Second)
			if _, after := o.desk.heard(); after == before {
				t.Error("nothing was said for 4s of 6s")
			}
		}
	})
}

// An agent that takes a request over looks for what others have not found.
func TestAgentLooksForWhatIsMissing(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		o.desk.has("j", "quick")
		o.desk.has("k", "quick", "quick2")
		opened := 0
		o.opener.fails(func(context.Context) error { opened++; return nil })
		o.start()
		o.ask("j", 1, "quick", "quick2")
		o.wantSaid("j/1 #1 quick2=ok last")
		o.ask("k", 1, "quick", "quick2")
		o.wantSaid("k/1 #1 last")
		if _, _, begun := o.probe.counts(); begun != 1 || opened != 1 {
			t.Errorf("%d targets were opened for %d scans; one for one is right", opened, begun)
		}
		o.wantRequests(0, 0, 0, 0)
	})
}
