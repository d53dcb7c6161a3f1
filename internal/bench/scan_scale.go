package main

import (
	"context"
	"fmt"
	"time"
)

// scaleRows are about many jobs, and agents that are processes: 10,000 jobs over 20 agents, each of which works on up to 25 at once.
//
// A job looks into a folder of its own for accounts, puts what it found into a blob, and every tenth has something attached first. Its record, its
// permits and the agents' fleet are in PostgreSQL. In the rows postgres the queues are on the same server, each in a schema of its own, and the blobs in a
// folder; in the rows jetstream both are on a server of JetStream in this process, with the settings it has by default: it waits for the disk now and
// then, and PostgreSQL always. In the rows that are not called calm one agent is killed about twice a second, in the middle of whatever it does, and its
// fleet launches another one.
//
// River, on the same server, has as many workers in as many processes. A job of it looks into the same folder for the same, puts the same blob into a
// folder, and records the result as its output; permits, attaching and a history it does not have. Killed means as often as ours, and
// replaced at once. What a killed worker had is rescued by age: after as long as our agents' lease. River looks for such jobs every 30 seconds, which cannot be set, and only
// its leader does so: that one is in this process, and is not killed, and no
// job of it may take longer than the lease. Before its turn the server settles.
//
// A quick run is a test and no comparison: there is no time to rescue anything, so that nobody kills River, and our agents say everything twice.
//
// Time is from the first job that is made until the last has ended, with the start of the processes, all on this machine. A run is an error unless every
// job is done, or has failed as often as it may, had one request an epoch and was collected once, heard of no more than one result and one last word an epoch, and
// what it found can be read; unless somebody was killed where that is said; and unless in the end nothing is left: no permits, messages, effects, agents, processes, nothing attached, and no blob that no
// report points at.
func scaleRows() []row {
	jobs := meter{unit: "jobs/s", parts: 100}
	return []row{
		{name: "scan/scale-postgres", peer: "River, killed as often (-quick: not killed)", meter: jobs, prepare: contend(trial{kills: true})},
		{name: "scan/scale-postgres-calm", peer: "River", meter: jobs, prepare: contend(trial{})},
		{name: "scan/scale-jetstream", peer: "River, killed as often (-quick: not killed)", meter: jobs, prepare: contend(trial{kills: true, jetStream: true})},
		{name: "scan/scale-jetstream-calm", peer: "River", meter: jobs, prepare: contend(trial{jetStream: true})},
	}
}

// A trial is one run of many jobs.
type trial struct {
	kills, jetStream bool

	jobs  int
	every time.Duration // an agent is killed so often, if any is
	blows int           // no more are killed: on a slow machine agents are to get something done all the same
	most  time.Duration // it is given up then
}

// contend returns what runs a trial, and River beside it on the same server.
func contend(t trial) func(ctx context.Context, s *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		if s.quick && !t.kills {
			return sides{}, skipped("in a quick run it would say no more than with kills")
		}
		t.jobs, t.blows = s.size(10_000, 200), s.size(1000, 8)
		t.most, t.every = time.Duration(s.size(15, 2))*time.Minute, time.Duration(s.size(500, 700))*time.Millisecond
		ctx, cancel := context.WithTimeoutCause(ctx, t.most, fmt.Errorf("it was not over within %v", t.most))
		defer cancel()
		pg, err := s.openServer(ctx)
		if err != nil {
			return sides{}, err
		}
		p, err := newYard(ctx, s, pg, &t)
		if err != nil {
			return sides{}, err
		}
		var f figures
		if f.ours, err = p.run(ctx, &t); err != nil {
			return sides{}, p.failed(err)
		}
		if err := pg.settle(ctx); err != nil {
			return sides{}, err
		}
		t.kills = t.kills && !s.quick
		if f.peer, err = p.runRiver(ctx, &t); err != nil {
			return sides{}, p.failed(fmt.Errorf("river: %w", err))
		}
		f.ratio = f.ours / f.peer
		return sides{noted: &f}, nil
	}
}
