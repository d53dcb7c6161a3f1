package supervision_test

import (
	"context"
	"fmt"

	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// Who gave an order can wait until it has been carried out, or until the record came to rest otherwise.
func ExampleKind_Await() {
	ctx := context.Background()
	kind, err := supervision.NewKind[Mirror]("mirror", mirrors, memory.New(nil), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := kind.Create(ctx, "reeve", Mirror{}); err != nil {
		fmt.Println(err)
	}
	go func() { _ = kind.Fire(ctx, "reeve", Refresh, nil) }()
	r, err := kind.Await(ctx, "reeve", func(r supervision.Record[Mirror, State]) bool { return r.State == Fetching })
	fmt.Println(r.State, err)
	// Output:
	// fetching <nil>
}
