package supervisiontest

import (
	"context"
	"testing"

	"github.com/reeve-go/reeve/supervision"
)

// Replay makes the decisions of a record's history again, and fails the test with the first that comes
// to something else, such as one that an older version of the decider made otherwise. The kind needs
// a journal, see [supervision.KindOptions].
func Replay[T any, S, E ~string](t testing.TB, k *supervision.Kind[T, S, E], id string, decide supervision.Decider[T, S, E]) {
	t.Helper()
	if err := k.Replay(t.Context(), id, decide); err != nil {
		t.Fatal(err)
	}
}

// Replays returns a check for [Sim.Finally]: the history of each record of the kind, decided again,
// comes to what the record is.
func Replays[T any, S, E ~string](k *supervision.Kind[T, S, E], decide supervision.Decider[T, S, E]) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		for r, err := range k.List(ctx, nil) {
			if err == nil {
				err = k.Replay(ctx, r.Key.ID, decide)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}
