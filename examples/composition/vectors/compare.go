package vectors

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// A Difference is something that became different here from what it became in ONAP.
type Difference struct {
	// Entity is what it is about, Field what of it.
	Entity string
	Field  string
	// Expected is ONAP's, Got is ours; empty: nothing.
	Expected, Got string
}

// String says it in a line.
func (d Difference) String() string {
	return fmt.Sprintf("%s, %s: expected %s, got %s", d.Entity, d.Field, cmp.Or(d.Expected, "nothing"), cmp.Or(d.Got, "nothing"))
}

// before says whether it is about something that happened before that run, counted from 0.
func (d Difference) before(run int) bool {
	var in int
	_, err := fmt.Sscanf(d.Field, "run %d:", &in)
	return err == nil && in <= run
}

// A Verdict is what came of a case. With neither differences nor purposes the case agrees.
type Verdict struct {
	// Mismatches are differences that no purpose accounts for.
	Mismatches []Difference
	// Purposes are why other differences are there.
	Purposes []Purpose
}

// Run puts a case before the deciders and compares what they make of it.
func Run(ctx context.Context, c *Case) (Verdict, error) {
	w, err := newWorld(&c.Given, c.Then.clock())
	if err == nil {
		err = w.run(ctx)
	}
	if err != nil {
		return Verdict{}, err
	}
	got, err := w.outcomes()
	if err != nil {
		return Verdict{}, err
	}
	return w.judge(c.Then.outcomes(w), got), nil
}

// judge compares entity by entity.
func (w *world) judge(expected, got map[storage.Key]outcome) (v Verdict) {
	keys := slices.SortedFunc(maps.Keys(expected), func(a, b storage.Key) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	for _, key := range keys {
		e := w.entity(key)
		for _, d := range compare(key.ID, expected[key], got[key]) {
			if e != nil && len(e.purposes) > 0 && !d.before(e.since) {
				v.Purposes = append(v.Purposes, e.purposes...)
			} else {
				v.Mismatches = append(v.Mismatches, d)
			}
		}
	}
	slices.Sort(v.Purposes)
	v.Purposes = slices.Compact(v.Purposes)
	return v
}

func compare(entity string, expected, got outcome) (out []Difference) {
	fields := slices.Collect(maps.Keys(expected))
	fields = slices.AppendSeq(fields, maps.Keys(got))
	slices.Sort(fields)
	for _, field := range slices.Compact(fields) {
		if expected[field] != got[field] {
			out = append(out, Difference{entity, field, expected[field], got[field]})
		}
	}
	return out
}
