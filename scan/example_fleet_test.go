package scan_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/scantest"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A fleet launches an agent when there is a job. Its launcher has agents run in this program; a host's starts machines, and has what Processes has.
func ExampleFleet() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	store, blobs := memory.New(nil), &scantest.MemoryBlobs{}
	requests, _ := scan.NewStoreQueue(store, "requests", nil) // its errors are about names and options
	replies, _ := scan.NewStoreQueue(store, "replies", nil)
	var manager *scan.Manager
	launcher := &hall{ends: map[string]context.CancelFunc{}, gone: map[string]bool{}, hire: func(token string) *scan.Agent {
		agent, err := scan.NewAgent(token, scan.Workplace{
			Requests: requests, Replies: replies, Blobs: blobs, Desk: manager, Opener: openImage{}, Scanners: inspect.All(),
		}, nil)
		if err != nil {
			panic(err)
		}
		return agent
	}}
	defer launcher.close()
	fleet, err := scan.NewFleet(store, "agents", launcher, &scan.FleetOptions{Max: 2, Width: 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	if manager, err = scan.NewManager(store, requests, replies, blobs, &scan.Options{Fleet: fleet}); err != nil {
		fmt.Println(err)
		return
	}
	sup, err := supervision.New(&supervision.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := errors.Join(fleet.Supervise(sup), manager.Supervise(sup)); err != nil {
		fmt.Println(err)
		return
	}
	go func() { _ = sup.Run(ctx) }()

	for _, id := range []string{"job-1", "job-2"} {
		err := manager.Start(ctx, id, scan.Spec{Target: scan.Target{ID: id}, Categories: []scan.Category{{Name: "accounts"}}})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, id := range []string{"job-1", "job-2"} {
		job, err := manager.Jobs.Await(ctx, id, func(r supervision.Record[scan.Job, scan.JobState]) bool { return r.State.Final() })
		fmt.Println(id, "is", job.State, err)
	}
	now, most := launcher.agents()
	fmt.Println("agents:", now, "and never more than", most)
	// Output:
	// job-1 is done <nil>
	// job-2 is done <nil>
	// agents: 1 and never more than 1
}

// close ends all agents.
func (h *hall) close() {
	h.mu.Lock()
	for _, end := range h.ends {
		end()
	}
	h.mu.Unlock()
	h.running.Wait()
}
