package aws_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/aws"
	"github.com/reeve-go/reeve/scan/aws/awstest"
	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A plant is a manager and agents, on queues and blobs of a cloud.
type plant struct {
	*rig

	requests, replies *aws.Queue
	blobs             *aws.Blobs
	manager           *scan.Manager
	agents            []*scan.Agent
}

func newPlant(t *testing.T, agents int, c *awstest.Options, o *aws.QueueOptions) *plant {
	t.Helper()
	p := &plant{rig: newRig(t, c)}
	names, err := aws.NamesOf("0815")
	p.ok(err)
	p.blobs = p.rig.blobs(nil)
	for name, q := range map[string]**aws.Queue{names.Requests: &p.requests, names.Replies: &p.replies} {
		at, err := aws.EnsureQueue(t.Context(), p.queues, name, nil)
		p.ok(err)
		*q = p.queue(at, o)
	}
	quiet := slog.New(slog.DiscardHandler)
	p.manager, err = scan.NewManager(memory.New(nil), p.requests, p.replies, p.blobs, &scan.Options{Logger: quiet, QueueAge: -1, Grace: -1})
	p.ok(err)
	for i := range agents {
		a, err := scan.NewAgent(fmt.Sprint("agent-", i), scan.Workplace{
			Requests: p.requests, Replies: p.replies, Blobs: p.blobs, Desk: p.manager, Opener: image{}, Scanners: inspect.All(),
		}, &scan.AgentOptions{Width: 2, Logger: quiet})
		p.ok(err)
		p.agents = append(p.agents, a)
	}
	return p
}

type image struct{}

func (image) Open(context.Context, scan.Target, map[string]provisioning.Known) (fs.FS, func() error, error) {
	old := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	return fstest.MapFS{
		"etc/passwd":     {Data: []byte("root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000:Ann:/home/ann:/bin/sh\n"), ModTime: old},
		"etc/os-release": {Data: []byte("ID=debian\nVERSION_ID=12\n"), ModTime: old},
	}, func() error { return nil }, nil
}

// run has everything run while the test does.
func (p *plant) run(test func(ctx context.Context)) {
	p.Helper()
	s, err := supervision.New(&supervision.Options{Logger: slog.New(slog.DiscardHandler)})
	p.ok(err)
	p.ok(p.manager.Supervise(s))
	ctx, stop := context.WithCancel(p.Context())
	all := make(chan error)
	go func() { all <- s.Run(ctx) }()
	for _, a := range p.agents {
		go func() { all <- a.Run(ctx) }()
	}
	test(ctx)
	stop()
	for range 1 + len(p.agents) {
		if err := <-all; err != nil && !errors.Is(err, context.Canceled) {
			p.Error(err)
		}
	}
}

func (p *plant) start(ctx context.Context, job string) {
	p.Helper()
	p.ok(p.manager.Start(ctx, job, scan.Spec{Target: scan.Target{ID: job}, Categories: []scan.Category{{Name: "accounts"}, {Name: "system"}}}))
}

// done demands that a job is done with both of its results.
func (p *plant) done(ctx context.Context, job string) {
	p.Helper()
	report, err := p.manager.Results(ctx, job)
	if err != nil || report.Outcome != scan.OK || len(report.Results) != 2 || report.Results[0].Items != 2 {
		e, _ := p.manager.Jobs.Explain(ctx, job)
		p.Errorf("of job %s the report is %+v, with the error %v\n%s", job, report, err, e)
	}
}

// What a job that is alone costs.
func TestRequestsPerJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlant(t, 1, nil, nil)
		p.run(func(ctx context.Context) {
			time.Sleep(90 * time.Second) // both poll, and have a while to go
			before := p.cloud.Calls()
			p.start(ctx, "job-1")
			time.Sleep(5 * time.Second)
			synctest.Wait()
			p.done(ctx, "job-1")
			cost := p.cloud.Calls()
			maps.DeleteFunc(cost, func(action string, n int) bool { cost[action] -= before[action]; return n == before[action] })
			want := map[string]int{"SendMessageBatch": 2, "ReceiveMessage": 2, "DeleteMessageBatch": 2, "PutObject": 2}
			if diff := cmp.Diff(want, cost); diff != "" {
				t.Errorf("a job costs other requests (-want +got):\n%s", diff)
			}
		})
	})
}

// Everything that SQS does now and then happens all the time, and each job comes to its end all the same.
func TestWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		often := sometimes(4, awstest.Throttle, awstest.Fail, awstest.CutBefore, awstest.CutAfter, awstest.CutAnswer, awstest.Partly, awstest.Twice)
		var faults atomic.Bool
		p := newPlant(t, 3, &awstest.Options{Shuffled: true, Fault: func(c awstest.Call) awstest.Fault {
			if !faults.Load() {
				return awstest.None
			}
			return often(c)
		}}, nil)
		faults.Store(true)
		const jobs = 15
		p.run(func(ctx context.Context) {
			for i := range jobs {
				p.start(ctx, fmt.Sprint("job-", i))
			}
			time.Sleep(30 * time.Minute)
			for i := range jobs {
				p.done(ctx, fmt.Sprint("job-", i))
			}
			faults.Store(false)
			time.Sleep(10 * time.Minute)
			for _, q := range []*aws.Queue{p.requests, p.replies} {
				if got, err := q.Stats(ctx); got != (scan.QueueStats{}) || err != nil {
					t.Errorf("in the end there are %+v, %v", got, err)
				}
			}
		})
	})
}
