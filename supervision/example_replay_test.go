package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A kind with a journal can have its decisions made again: would a changed decider have come to the
// same?
func ExampleKind_Replay() {
	ctx := context.Background()
	kind, err := supervision.NewKind("mirror", mirrors, memory.New(nil), &supervision.KindOptions[Mirror, State, Event]{Journal: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	sup, err := supervision.New(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	supervision.Supervise(sup, kind, decideMirror)
	supervision.Perform(sup, fetch, func(context.Context, supervision.Call, string) (int, error) { return 3, nil }, nil)
	if err := kind.Create(ctx, "reeve", Mirror{}); err != nil {
		fmt.Println(err)
	}
	if _, err := kind.Order(ctx, "reeve", Refresh, time.Hour, nil); err != nil {
		fmt.Println(err)
	}
	untilIdle(ctx, sup)

	fmt.Println(kind.Replay(ctx, "reeve", decideMirror))
	err = kind.Replay(ctx, "reeve", func(t *MirrorTurn) error {
		if t.State == Fetching && len(t.Messages) > 0 {
			return t.Fire(Expire)
		}
		return decideMirror(t)
	})
	if differs, ok := errors.AsType[*supervision.ReplayError](err); ok {
		fmt.Println("at version", differs.Version, differs.Text)
	}
	// Output:
	// <nil>
	// at version 4 the history tells [fetching -fetched-> current]; decided again it is [fetching -expire-> stale]
}
