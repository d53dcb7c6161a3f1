package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reeve-go/reeve/examples/smartstate/existing"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/legacy"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A bridged estate is a manager of jobs, and an existing agent that works on them without knowing of it.
type bridged struct {
	manager    *scan.Manager
	blobs      scan.Blobs
	agent      *existing.Agent
	supervisor *supervision.Supervisor
}

// showBridge has an existing agent look into a machine, and shows what is said between it and the job, as it is on the wire.
func showBridge(ctx context.Context, out io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "smartstate-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	e, err := openBridged(folder, out)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeoutCause(ctx, time.Minute, errors.New("the existing agent did not reply within a minute"))
	defer stop()
	running, ctx := errgroup.WithContext(ctx)
	running.Go(func() error { return e.agent.Run(ctx) })
	running.Go(func() error { return e.supervisor.Run(ctx) })
	report, err := e.scan(ctx)
	stop()
	if err := errors.Join(err, running.Wait()); err != nil {
		return err
	}
	return e.show(context.WithoutCancel(ctx), out, report)
}

// openBridged opens everything in this process: the agent's queues are any two queues, and could be on SQS.
func openBridged(folder string, out io.Writer) (*bridged, error) {
	store := memory.New(nil)
	polls := &scan.StoreQueueOptions{Poll: 50 * time.Millisecond, Wait: time.Second}
	requests, err := scan.NewStoreQueue(store, "smartstate_extract_request", polls)
	if err != nil {
		return nil, err
	}
	replies, err := scan.NewStoreQueue(store, "smartstate_extract_reply", polls)
	if err != nil {
		return nil, err
	}
	e := &bridged{agent: &existing.Agent{
		ID: "i-0815", Requests: requests, Replies: replies, Bucket: &existing.Bucket{}, Folder: filepath.Join(folder, "agent"),
		Wire: func(what string, text []byte) { writeWire(out, what, string(text)) },
	}}
	if e.blobs, err = scan.NewDirBlobs(filepath.Join(folder, "blobs"), nil); err != nil {
		return nil, err
	}
	place := legacy.Place{Requests: requests, Replies: replies, Objects: e.agent.Bucket, Blobs: e.blobs}
	bridge, err := legacy.NewBridge(place, &legacy.Options{Logger: complaints()})
	if err != nil {
		return nil, err
	}
	if e.manager, err = scan.NewManager(store, bridge.Requests(), bridge.Replies(), e.blobs, &scan.Options{Logger: complaints()}); err != nil {
		return nil, err
	}
	if e.supervisor, err = supervision.New(&supervision.Options{Poll: 50 * time.Millisecond, Logger: complaints()}); err != nil {
		return nil, err
	}
	bridge.Supervise(e.supervisor, store, e.manager)
	return e, e.manager.Supervise(e.supervisor)
}

// scan makes a job, and waits for its end.
func (e *bridged) scan(ctx context.Context) (scan.Report, error) {
	const job = "scan-1"
	err := e.manager.Start(ctx, job, scan.Spec{
		Target:     scan.Target{ID: "i-0abc"},
		Categories: []scan.Category{{Name: "system"}, {Name: "accounts"}, {Name: "software"}},
	})
	for err == nil {
		r, errGet := e.manager.Jobs.Get(ctx, job)
		if errGet == nil && r.State.Final() {
			return e.manager.Results(ctx, job)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			errGet = context.Cause(ctx)
		}
		err = errGet
	}
	return scan.Report{}, err
}

// show shows what the job has, and what the original would be told of it.
func (e *bridged) show(ctx context.Context, out io.Writer, r scan.Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nwhat the job has of it, %s:\n", r.Outcome)
	for _, one := range r.Results {
		fmt.Fprintf(&b, "    %s is %s: %d items%s\n", one.Category, one.Outcome, one.Items, one.Error)
		if one.Blob == "" {
			continue // there is nothing, or it has failed
		}
		for item, err := range scan.Items(ctx, e.blobs, one) {
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "        %s %s\n", item.Key, item.Value)
		}
	}
	if _, err := io.WriteString(out, b.String()); err != nil {
		return err
	}
	scanned, synced := legacy.SummaryOf(r)
	if err := writeSummary(out, "how the scan went, as the original is told", scanned); err != nil {
		return err
	}
	return writeSummary(out, "what there is, as the original is told", synced)
}

// writeSummary writes a summary, and what is sent of it.
func writeSummary(out io.Writer, what string, s legacy.Summary) error {
	document, err := legacy.EncodeSummary(s)
	if err != nil {
		return err
	}
	writeWire(out, what, document)
	writeWire(out, "the same as it is sent", legacy.Pack(document))
	return nil
}

// writeWire writes what goes over the wire, apart from what is said about it.
func writeWire(out io.Writer, what, text string) {
	_, _ = fmt.Fprintf(out, "\n%s:\n    %s\n", what, strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    "))
}
