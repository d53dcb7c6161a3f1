package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/reeve-go/reeve/examples/smartstate/cloud"
)

// Orders are what a process is told.
type orders struct {
	// Folder is where everything is, Target what is looked into.
	Folder string        `json:"folder"`
	Target string        `json:"target"`
	Seed   uint64        `json:"seed"`
	Beat   time.Duration `json:"beat"`
	// Amazon is where SQS and S3 are; empty: the queues are on the store, and the blobs in the folder.
	Amazon string `json:"amazon"`
	// Remote: agents work from afar.
	Remote bool `json:"remote"`
	// Cloud is where the cloud listens, Token what an agent was launched with, and Invitation the same for one that works from afar.
	Cloud      string `json:"cloud"`
	Token      string `json:"token"`
	Invitation string `json:"invitation"`
	// Stuck: the agent gets no further when it has found something, as before its host breaks down.
	Stuck bool `json:"stuck"`
	// Victim is what a hostile agent has found out.
	Victim victim `json:"victim"`
}

func (o *orders) beats(n int) time.Duration { return time.Duration(n) * o.Beat }

// afar is the disk of agents that work from afar. There is no store in it.
func (o *orders) afar() string { return filepath.Join(o.Folder, "afar") }

// serve does what a process is told, until nobody is at the other end of stdin any more.
func serve(ctx context.Context, role string, stdin io.Reader, stdout io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var o orders
	if err := json.NewDecoder(stdin).Decode(&o); err != nil {
		return fmt.Errorf("the %s was not told what to do: %w", role, err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		stop()
	}()
	ready := func(what any) error {
		_, err := fmt.Fprintln(stdout, what)
		return err
	}
	if err := o.play(ctx, role, ready); ctx.Err() == nil {
		return err
	}
	return nil // it was to end, and others end with it: what it misses then is no news
}

// play is the process of a role.
func (o *orders) play(ctx context.Context, role string, ready func(any) error) error {
	switch role {
	case ec2:
		return o.runCloud(ctx, ready)
	case amazon:
		return o.runAmazon(ctx, ready)
	case agent:
		return o.runAgent(ctx, ready)
	case hostile:
		return o.runHostile(ctx, ready)
	default:
		return o.supervise(ctx, role, ready)
	}
}

// runCloud is the process of the cloud.
func (o *orders) runCloud(ctx context.Context, ready func(any) error) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	o.Cloud = l.Addr().String()
	var booted atomic.Bool
	c := cloud.New(ctx, cloud.Options{Seed: o.Seed, Beat: o.Beat, Boot: func(ctx context.Context, token, userData string) (cloud.Machine, error) {
		of := *o
		of.Token, of.Invitation, of.Stuck = token, userData, !booted.Swap(true)
		if userData != "" {
			of.Folder = o.afar()
		}
		return start(ctx, agent, &of, os.Stderr)
	}})
	if err := ready(o.Cloud); err != nil {
		return err
	}
	err = c.Serve(l)
	c.Wait()
	return err
}
