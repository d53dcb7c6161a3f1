package supervision_test

import (
	"context"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A Report is what a backup's agent says of itself.
type Report struct {
	Files int
	Done  bool
}

// Said again under the same id a message is heard once. In a slot only the newest counts.
func ExampleMessageOf() {
	ctx := context.Background()
	report := supervision.NewMessage[Report]("report")
	backups, err := supervision.NewKind[Backup]("backup", machine, memory.New(nil), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	sup, err := supervision.New(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	supervision.Supervise(sup, backups, func(t *Turn) error {
		for _, m := range t.Messages {
			r, ok := report.Body(m)
			if !ok {
				continue
			}
			fmt.Println("heard", r.Files)
			t.Data.Files = r.Files
			t.Touch(time.Hour) // it is alive
			if r.Done {
				return t.Fire(Finish)
			}
		}
		return nil
	})

	if err := backups.Create(ctx, "home", Backup{}); err != nil {
		fmt.Println(err)
	}
	operation, err := backups.Order(ctx, "home", Start, 8*time.Hour, nil)
	if err != nil {
		fmt.Println(err)
	}
	for _, files := range []int{400, 800, 1200} {
		err := report.Deliver(ctx, backups, "home", Report{Files: files}, supervision.Slot("progress"), supervision.About(operation, ""))
		if err != nil {
			fmt.Println(err)
		}
	}
	for range 2 { // the sender does not know whether it was heard
		err := report.Deliver(ctx, backups, "home", Report{Files: 1204, Done: true}, supervision.MessageID("the end of "+operation), supervision.About(operation, ""))
		if err != nil {
			fmt.Println(err)
		}
	}
	untilIdle(ctx, sup)
	r, err := backups.Get(ctx, "home")
	fmt.Println(r.State, r.Data.Files, err)
	// Output:
	// heard 1200
	// heard 1204
	// idle 1204 <nil>
}
