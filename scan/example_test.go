package scan_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing/fstest"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/scantest"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// image is the file system of a target.
func image(release string) fstest.MapFS {
	old := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return fstest.MapFS{
		"etc/passwd":     {Data: []byte("root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000:Ann:/home/ann:/bin/sh\n"), ModTime: old},
		"etc/os-release": {Data: []byte("ID=debian\nVERSION_ID=" + release + "\n"), ModTime: old},
	}
}

// An inspector needs no job, no agent and no store.
func ExampleInspector() {
	ctx := context.Background()
	blobs := &scantest.MemoryBlobs{}
	inspector, err := scan.NewInspector(blobs, inspect.All(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	results, err := inspector.Inspect(ctx, image("12"), scan.Inspection{
		Target: "image", Categories: []scan.Category{{Name: "accounts"}, {Name: "services"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range results {
		fmt.Println(r.Category, r.Outcome, r.Items)
	}
	for item, err := range scan.Items(ctx, blobs, results[0]) {
		fmt.Println(item.Key, err)
	}
	// Output:
	// accounts ok 2
	// services empty 0
	// user/ann <nil>
	// user/root <nil>
}

// What differs between two scans.
func ExampleDiff() {
	ctx := context.Background()
	blobs := &scantest.MemoryBlobs{}
	inspector, err := scan.NewInspector(blobs, inspect.All(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var found []scan.Result
	for _, release := range []string{"12", "13"} {
		results, err := inspector.Inspect(ctx, image(release), scan.Inspection{Target: "image", Categories: []scan.Category{{Name: "system"}}})
		if err != nil {
			fmt.Println(err)
			return
		}
		found = append(found, results...)
	}
	for c, err := range scan.Diff(ctx, blobs, found[0], found[1]) {
		fmt.Println(c.Kind, c.Key, err)
	}
	// Output:
	// changed os <nil>
}

// A job on an agent in the same program.
func ExampleManager() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	store, blobs := memory.New(nil), &scantest.MemoryBlobs{}
	requests, _ := scan.NewStoreQueue(store, "requests", nil) // its errors are about names and options
	replies, _ := scan.NewStoreQueue(store, "replies", nil)
	manager, err := scan.NewManager(store, requests, replies, blobs, nil)
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
	agent, err := scan.NewAgent("here", scan.Workplace{
		Requests: requests, Replies: replies, Blobs: blobs, Desk: manager, Opener: openImage{}, Scanners: inspect.All(),
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() { _ = sup.Run(ctx) }()
	go func() { _ = agent.Run(ctx) }()

	err = manager.Start(ctx, "job-1", scan.Spec{Target: scan.Target{ID: "image"}, Categories: []scan.Category{{Name: "accounts"}, {Name: "system"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	job, err := manager.Jobs.Await(ctx, "job-1", func(r supervision.Record[scan.Job, scan.JobState]) bool { return r.State.Final() })
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := manager.Results(ctx, "job-1")
	fmt.Println(job.State, report.Outcome, err)
	for _, r := range report.Results {
		fmt.Println(r.Category, r.Outcome, r.Items)
	}
	// Output:
	// done ok <nil>
	// accounts ok 2
	// system ok 1
}
