package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/reeve-go/reeve/internal/jobtest"
	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage/postgres"
)

// Two programs have jobs done on one server, with one fleet of agents. One of them leaves now and then, and comes back. No more is given out than there is, each
// job is done once, and nothing is left.
func TestScanFleet(t *testing.T) {
	t.Parallel()
	jobs := 30
	if testing.Short() {
		jobs = 15
	}
	url := pgtest.URL(t)
	pool := poolOn(t, url)
	o, dir := dropped(t, pool, postgres.Options{}), t.TempDir()
	var programs [2]*jobtest.Estate
	var hired atomic.Int64
	hall := jobtest.NewHall(func(ctx context.Context, token string) error { return programs[hired.Add(1)%2].Work(ctx, token) })
	for i := range programs {
		var err error
		if programs[i], err = jobtest.New(storeOn(t, poolOn(t, url), o), dir, hall); err != nil {
			t.Fatal(err)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	e := programs[0]
	must(e.Limit(t.Context()))
	must(e.Start(t.Context(), 1, jobs/2))
	first, second := runsOn(t, programs[0]), runsOn(t, programs[1])
	var canceled []string
	var states map[scan.JobState]int
	round := 0
	jobtest.Until(t, func(ctx context.Context) (err error) {
		must(e.Check(ctx))
		switch round++; round {
		case 3:
			first()
			must(programs[1].Start(ctx, jobs/2+1, jobs))
		case 4, 5, 6:
			job := fmt.Sprint("job", 1+rand.N(jobs))
			if err := e.Manager.Cancel(ctx, job, "enough"); err == nil {
				canceled = append(canceled, job)
			} else if !errors.Is(err, scan.ErrEnded) {
				t.Fatal(err)
			}
		case 7:
			first = runsOn(t, programs[0])
		}
		if round < 8 {
			return errors.New("it has only begun")
		}
		states, err = e.Ended(ctx)
		return err
	})
	if states[scan.JobFailed] > 0 || states[scan.JobDone] < jobs-len(canceled) {
		t.Errorf("of %d jobs, of which %v were called off, there are %v", jobs, canceled, states)
	}
	jobtest.Until(t, e.Leaks)
	for j, err := range e.Manager.Jobs.List(t.Context(), nil) {
		must(err)
		if j.State == scan.JobDone {
			must(e.Once(t.Context(), j))
		}
	}
	t.Logf("%v, and %d agents were launched", states, hall.Launched())
	first()
	second()
	must(hall.End())
}

// runsOn has a program supervise its jobs until stop is called, or the test ends.
func runsOn(t *testing.T, e *jobtest.Estate) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
