package supervisiontest

import (
	"context"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// Watch has the simulation look at the records of a kind more closely: each move must be a row of its
// machine, and all data must be readable.
func Watch[T any, S, E ~string](s *Sim, k *supervision.Kind[T, S, E]) {
	m := k.Machine()
	s.ledger.rows[k.Name()] = func(l *storage.Line) bool {
		if l.Event == "" {
			return l.From == l.To || l.To == ""
		}
		to, ok := m.Next(S(l.From), E(l.Event))
		return ok && string(to) == l.To
	}
	s.Always("the data of each "+k.Name()+" can be read", func(ctx context.Context) error {
		for _, err := range k.List(ctx, nil) {
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// AtRest returns a check for [Sim.Finally]: each record of the kind is in a resting or final state, and
// none is set aside.
func AtRest[T any, S, E ~string](k *supervision.Kind[T, S, E]) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		for r, err := range k.List(ctx, nil) {
			if err != nil {
				return err
			}
			if mode, _ := k.Machine().Mode(r.State); mode != fsm.Resting && mode != fsm.Final {
				return fmt.Errorf("%s is in %q, which is %v, since %v; its next turn: %v", r.Key, r.State, mode, r.Since, orNever(r.Due))
			}
			if r.Status != storage.OK {
				return fmt.Errorf("%s is %v: %s", r.Key, r.Status, r.Reason)
			}
		}
		return nil
	}
}

func orNever(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.String()
}
