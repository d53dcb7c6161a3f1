package nats_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// A model is what a queue has, without time: leases end when the test says so.
type model struct {
	alive map[string]*message
	dead  []string
	held  []holding
}

type message struct {
	attempts int
	holder   scan.Delivery // nil: it waits
	noted    bool          // the ledger says who has it
}

// waits reports whether anything can be received.
func (m *model) waits() bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(m.alive)), func(of *message) bool { return of.holder == nil })
}

// A holding is a delivery, and what it is of: that may be gone, or another's.
type holding struct {
	scan.Delivery
	of *message
}

// try demands that something is refused to who has lost the message, and done by who has it.
func (m *model) try(rt *rapid.T, what string, h holding, err error, does func(key string)) {
	key := h.Message().Key
	if m.alive[key] != h.of || h.of.holder != h.Delivery {
		if !errors.Is(err, scan.ErrLeaseLost) {
			rt.Fatalf("%s of %q by who has lost it: the error is %v", what, key, err)
		}
		return
	}
	if err != nil {
		rt.Fatalf("%s of %q by who has it: %v", what, key, err)
	}
	does(key)
}

// take receives messages, which nobody may have.
func (m *model) take(rt *rapid.T, q *nats.Queue, most int) {
	got, err := q.Receive(rt.Context(), most, time.Hour)
	if err != nil {
		rt.Fatal(err)
	}
	for _, d := range got {
		of := m.alive[d.Message().Key]
		if of == nil || of.holder != nil {
			rt.Fatalf("%q was received, which somebody has, or which is not there", d.Message().Key)
		}
		if of.attempts++; d.Attempt() != of.attempts {
			rt.Fatalf("%q was handed out %d times; want %d", d.Message().Key, d.Attempt(), of.attempts)
		}
		of.holder, of.noted = d, of.attempts > 1
		m.held = append(m.held, holding{d, of})
	}
}

// check demands that all that can be seen is as it must be.
func (m *model) check(rt *rapid.T, q, other *nats.Queue) {
	var dead []string
	for d, err := range q.Dead(rt.Context()) {
		if err != nil {
			rt.Fatal(err)
		}
		dead = append(dead, d.Key)
	}
	var waiting []string
	for key, err := range other.Waiting(rt.Context()) {
		if err != nil || m.alive[key] == nil {
			rt.Fatalf("%q is listed, which is not there; the error is %v", key, err)
		}
		waiting = append(waiting, key)
	}
	for key, of := range m.alive {
		if listed := slices.Contains(waiting, key); of.holder == nil && !listed || of.holder != nil && of.noted && listed {
			rt.Fatalf("%q is %+v, and of what waits %q are listed", key, *of, waiting)
		}
	}
	if diff := cmp.Diff(m.dead, dead, cmp.Transformer("text", func(s []string) string { return fmt.Sprint(s) })); diff != "" {
		rt.Fatalf("the dead are others (-want +got):\n%s", diff)
	}
}
