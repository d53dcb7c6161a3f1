package supervision_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// Verify finds deciders that look at what they must not look at.
func TestVerifyFindsImpureDeciders(t *testing.T) {
	t.Parallel()
	calls := 0
	cases := []struct {
		name   string
		decide func(t *kilnTurn) error
		want   string // what differs; empty: it is pure
	}{
		{"pure", func(t *kilnTurn) error {
			fuel.Emit(t, t.Now.Second())
			t.Begin(time.Hour)
			t.Data.Log = append(t.Data.Log, t.NewID(), t.Now.String())
			word.Send(t, t.Key, "hello")
			return t.Fire(hot)
		}, ""},
		{"a clock in the data", func(t *kilnTurn) error { t.Data.Log = []string{time.Now().String()}; return nil }, "records"},
		{"a clock in a limit", func(t *kilnTurn) error { t.Touch(time.Until(t.Now.Add(time.Hour))); return nil }, "records"},
		{"a clock in an effect", func(t *kilnTurn) error { fuel.Emit(t, time.Now().Nanosecond()); return nil }, "effects"},
		{"a counter in a message", func(t *kilnTurn) error { calls++; word.Send(t, t.Key, fmt.Sprint(calls)); return nil }, "messages"},
		{"a counter in a branch", func(t *kilnTurn) error {
			if calls++; calls%2 == 0 {
				return errNotNow
			}
			return nil
		}, "errors"},
		{"the order of a map", func(t *kilnTurn) error {
			m := map[int]bool{}
			for i := range 100 {
				m[i] = true
			}
			for i := range m {
				fuel.Emit(t, i)
			}
			return nil
		}, "effects"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inYard(t, plan{decide: func(t *kilnTurn) error {
				if t.State == heating {
					return c.decide(t)
				}
				return nil
			}, options: supervision.Options{Verify: true, Failures: 1, Elsewhere: []string{"fuel"}}}, func(y *yard) {
				y.create("a", supervision.At(heating))
				y.run()
				y.pass(time.Second)
				r := y.get("a")
				if c.want == "" {
					y.wants("a", firing)
				} else if r.Status != storage.Quarantined || !strings.Contains(r.Reason, "it came to different "+c.want) {
					y.Errorf("it is %+v", r)
				}
			})
		})
	}
}
