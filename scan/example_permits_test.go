package scan_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/scantest"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// Of two jobs on one host the second waits, until the first is called off.
func ExampleManager_Limit() {
	ctx := context.Background()
	store := memory.New(nil)
	requests, _ := scan.NewStoreQueue(store, "requests", nil) // its errors are about names and options
	replies, _ := scan.NewStoreQueue(store, "replies", nil)
	manager, err := scan.NewManager(store, requests, replies, &scantest.MemoryBlobs{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	sup, err := supervision.New(&supervision.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := manager.Supervise(sup); err != nil {
		fmt.Println(err)
		return
	}
	settle := func() { // a service has Run
		for n, err := sup.Pass(ctx); n > 0; n, err = sup.Pass(ctx) {
			if err != nil {
				fmt.Println(err)
				return
			}
		}
	}
	show := func() {
		waiting, err := manager.Waiting(ctx)
		fmt.Println(len(waiting), "waiting", err)
		for _, w := range waiting {
			fmt.Println(w.Job, "waits:", w.Why)
		}
	}

	if err := manager.Limit(ctx, "host/*", 1); err != nil { // for each host that has no limit of its own
		fmt.Println(err)
		return
	}
	for _, id := range []string{"job-1", "job-2"} {
		err := manager.Start(ctx, id, scan.Spec{
			Target: scan.Target{ID: id}, Categories: []scan.Category{{Name: "accounts"}}, Permits: []scan.Permit{{Key: "host/esx-7"}},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		settle()
	}
	show()
	fmt.Println("canceled:", manager.Cancel(ctx, "job-1", "the host goes down"))
	settle()
	show()
	// Output:
	// 1 waiting <nil>
	// job-2 waits: host/esx-7 limit 1/1, position 1
	// canceled: <nil>
	// 0 waiting <nil>
}
