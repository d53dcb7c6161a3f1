package supervision_test

import (
	"context"
	"fmt"

	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A source brings in what others say, such as replies from a queue. Of all supervisors on the store
// one runs it. It takes from the queue only what has been delivered, so nothing is lost; what it
// delivers again after a crash is heard once, because it has the same id.
func ExampleSupervisor_Source() {
	type reply struct {
		id, backup string
		files      int
	}
	queue := make(chan reply, 3)
	for _, r := range []reply{{"1", "home", 400}, {"1", "home", 400}, {"2", "home", 1204}} {
		queue <- r
	}

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	store := memory.New(nil)
	backups, err := supervision.NewKind[Backup]("backup", machine, store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	sup, err := supervision.New(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	copied := supervision.NewMessage[int]("copied")
	supervision.Supervise(sup, backups, func(t *Turn) error {
		for _, m := range t.Messages {
			if files, ok := copied.Body(m); ok {
				t.Data.Files += files
			}
		}
		if t.Data.Files == 1604 {
			fmt.Println("copied", t.Data.Files)
			stop()
		}
		return nil
	})
	sup.Source("replies", store, func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case r := <-queue:
				if err := copied.Deliver(ctx, backups, r.backup, r.files, supervision.MessageID(r.id)); err != nil {
					return err
				}
			}
		}
	})
	if err := backups.Create(ctx, "home", Backup{}); err != nil {
		fmt.Println(err)
	}
	if err := sup.Run(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// copied 1604
}
