package supervision_test

import (
	"context"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// What has ended is removed when its time is up, by one of the supervisors on the store.
func ExampleExplainPruning() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	store := memory.New(nil)
	backups, err := supervision.NewKind[Backup]("backup", machine, store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	sup, err := supervision.New(&supervision.Options{
		Poll:      time.Millisecond,
		Retention: &storage.Retention{Messages: time.Millisecond}, // a week is more usual
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	supervision.Supervise(sup, backups, func(*Turn) error { return nil })
	if err := backups.Create(ctx, "home", Backup{}); err != nil {
		fmt.Println(err)
	}
	if err := backups.Deliver(ctx, "home", storage.Message{ID: "agent-7/1", Name: "progress"}); err != nil {
		fmt.Println(err)
	}
	if _, err := sup.Pass(ctx); err != nil { // the message is heard
		fmt.Println(err)
	}

	ended := make(chan error)
	go func() { ended <- sup.Run(ctx) }()
	p, err := supervision.ExplainPruning(ctx, store)
	for err == nil && p.Total == 0 {
		time.Sleep(time.Millisecond)
		p, err = supervision.ExplainPruning(ctx, store)
	}
	stop()
	fmt.Println(p.Total, "removed; behind:", p.Behind, err, <-ended)
	// Output: 1 removed; behind: false <nil> <nil>
}
