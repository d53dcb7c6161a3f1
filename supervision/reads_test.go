package supervision_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A turn reads what its kind names, as it was when the turn began, in one request for the whole batch.
func TestReads(t *testing.T) {
	t.Parallel()
	var store *spy
	var lamps *lampKind
	var failures []error
	p := spied(plan{
		kind: &kilnO{Reads: func(s kilnState, k *kiln) []storage.Key {
			if s == cold {
				return nil
			}
			return []storage.Key{lamps.Key("a"), lamps.Key("none"), lamps.Key("a")}
		}},
		decide: func(t *kilnTurn) error {
			l, err := lamps.Read(t, "a")
			if err != nil {
				return err
			}
			t.Data.Log = append(t.Data.Log, string(l.State)+" "+strings.Join(l.Data.Log, ""))
			_, missing := lamps.Read(t, "none")
			_, unnamed := lamps.Read(t, "other")
			failures = []error{missing, unnamed}
			return nil
		},
	}, &store)
	inYard(t, p, func(y *yard) {
		lamps = newLamps(t, y.memory)
		y.ok(lamps.Create(y.Context(), "a", lamp{Log: []string{"bright"}}))
		for _, id := range []string{"1", "2", "3"} {
			y.create(id, supervision.At(heating))
		}
		y.run()
		y.pass(instant)
		for _, id := range []string{"1", "2", "3"} {
			y.heard(id, "off bright")
		}
		if n := store.count("Load"); n != 2 {
			y.Errorf("%d requests, want one for switches and one for what is read", n)
		}
		if !errors.Is(failures[0], storage.ErrNotFound) || failures[1] == nil || !strings.Contains(failures[1].Error(), "KindOptions.Reads") {
			y.Errorf("what cannot be read: %v", failures)
		}
		y.ok(y.kilns.Change(y.Context(), "1", func(t *kilnTurn) error {
			l, err := lamps.Read(t, "a")
			t.Data.Log = []string{"by order: " + string(l.State)}
			return err
		}))
		y.heard("1", "by order: off")
	})
}

// What is read may be unreadable: that fails the turn that looks at it alone.
func TestReadsOfWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	var lamps *lampKind
	p := plan{
		kind: &kilnO{Reads: func(_ kilnState, k *kiln) []storage.Key { return []storage.Key{lamps.Key("a")} }},
		decide: func(t *kilnTurn) error {
			if t.Key.ID == "looks" {
				_, err := lamps.Read(t, "a")
				return err
			}
			return nil
		},
		options: supervision.Options{Failures: 1},
	}
	inYard(t, p, func(y *yard) {
		lamps = newLamps(t, y.memory)
		key := lamps.Key("a")
		answers, err := y.memory.Apply(y.Context(), []storage.Change{{Key: key, Record: storage.Record{State: "off", Data: []byte("{")}}})
		y.ok(errors.Join(append(answers, err)...))
		y.create("looks", supervision.At(heating))
		y.create("does not", supervision.At(heating))
		y.run()
		y.pass(time.Second)
		if r := y.get("looks"); r.Status != storage.Quarantined || !strings.Contains(r.Reason, "unreadable data") {
			y.Errorf("it is %+v", r)
		}
		if r := y.get("does not"); r.Status != storage.OK || r.Version != 2 {
			y.Errorf("it is %+v", r)
		}
	})
}
