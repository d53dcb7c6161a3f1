package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A record whose turns fail is set aside with its reason, and says so. Once the cause is mended it gets
// another chance.
func ExampleKind_Explain() {
	ctx := context.Background()
	kind, err := supervision.NewKind[Mirror]("mirror", mirrors, memory.New(nil), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	sup, err := supervision.New(&supervision.Options{Failures: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	mended := false
	supervision.Supervise(sup, kind, func(t *MirrorTurn) error {
		if !mended {
			return errors.New("nobody knows this source")
		}
		return t.Fire(Fetched)
	})
	if err := kind.Create(ctx, "reeve", Mirror{}); err != nil {
		fmt.Println(err)
	}
	if _, err := kind.Order(ctx, "reeve", Refresh, time.Hour, nil); err != nil {
		fmt.Println(err)
	}
	untilIdle(ctx, sup)

	e, err := kind.Explain(ctx, "reeve")
	fmt.Println(e.State, "and", e.Status, "because:", e.Reason, err)
	fmt.Println("it may", strings.Join(e.Permitted, " or "))

	mended = true
	if err := kind.Retry(ctx, "reeve"); err != nil {
		fmt.Println(err)
	}
	untilIdle(ctx, sup)
	e, err = kind.Explain(ctx, "reeve")
	fmt.Println(e.State, "and", e.Status, err)
	// Output:
	// fetching and quarantined because: nobody knows this source <nil>
	// it may expire or fetched
	// current and ok <nil>
}
