package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/refresh"
)

// asked for is not forgotten.
func TestAFailureIsTriedAgain(t *testing.T) {
	t.Parallel()
	atPost(t, &refresh.RefresherOptions{Wait: func(_ string, n int) time.Duration { return time.Duration(n) * time.Minute }}, func(p *post) {
		p.cloud.set("east", "a", "h1")
		p.ok(p.refresher.Add(p.Context(), "east"))
		first := p.await("east")
		p.cloud.be(func(c *fakeCloud) { c.broken["east"] = errors.New("the region is down") })
		p.cloud.set("east", "a", "h2")
		p.ok(p.refresher.Request(p.Context(), "east", p.targets("a")))
		if m, err := p.refresher.Await(p.Context(), "east"); !errors.Is(err, refresh.ErrFailing) || m.Targets.Len() != 1 {
			p.Errorf("awaited: %+v, %v", m, err)
		}
		time.Sleep(3*time.Minute + 10*time.Second)
		p.ok(p.refresher.Request(p.Context(), "east", p.targets("b")))
		m := p.get("east").Data
		if m.Targeted.Failures != 3 || m.Targeted.Error != "refresh: collecting: the region is down" || m.Full.Succeeded != first.Full.Succeeded {
			p.Errorf("it knows %+v", m)
		}
		p.cloud.be(func(c *fakeCloud) { delete(c.broken, "east") })
		time.Sleep(3 * time.Minute)
		if m := p.await("east"); m.Targeted.Failures != 0 || m.Targeted.Error != "" {
			p.Errorf("in the end it knows %+v", m)
		}
		if diff := cmp.Diff([]string{"all", "a", "a", "a", "a b"}, p.cloud.readings("east")); diff != "" {
			p.Error(diff)
		}
		if diff := cmp.Diff([]string{"a@h2"}, p.vms("east")); diff != "" {
			p.Error(diff)
		}
	})
}

// Targets that always fail are left to a full refresh, so that they keep no others from theirs.
func TestTargetsThatAlwaysFail(t *testing.T) {
	t.Parallel()
	atPost(t, &refresh.RefresherOptions{
		Before: func(_ context.Context, r refresh.Run) error {
			if r.Targets != nil {
				return errors.New("one of them is odd")
			}
			return nil
		},
	}, func(p *post) {
		p.cloud.set("east", "a", "h1")
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		p.cloud.set("east", "b", "h1")
		p.ok(p.refresher.Request(p.Context(), "east", p.targets("b")))
		time.Sleep(time.Hour)
		if m := p.await("east"); m.Full.Failures+m.Targeted.Failures > 0 {
			p.Errorf("it is %+v", m)
		}
		if diff := cmp.Diff([]string{"a@h1", "b@h1"}, p.vms("east")); diff != "" {
			p.Error(diff)
		}
	})
}

// says so, and it is made again.
func TestAParserFails(t *testing.T) {
	t.Parallel()
	atPost(t, nil, func(p *post) {
		p.cloud.set("east", "a", "h1")
		p.cloud.set("east", "b", "h1")
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		p.cloud.be(func(c *fakeCloud) { c.half = errHalf })
		p.cloud.set("east", "a", "h2")
		p.cloud.unset("east", "b")
		p.ok(p.refresher.Request(p.Context(), "east", nil))
		m, err := p.refresher.Await(p.Context(), "east")
		if !errors.Is(err, refresh.ErrFailing) || !strings.Contains(m.Full.Error, errHalf.Error()) {
			p.Errorf("awaited: %+v, %v", m, err)
		}
		if of := m.Full.Outcome("vms"); !strings.Contains(of.Incomplete, errHalf.Error()) || of.Updates != 1 || of.Deletes != 0 || of.Kept != 1 || m.Full.Outcome("hosts").Incomplete != "" {
			p.Errorf("the outcome is %+v", m.Full.Saved)
		}
		if diff := cmp.Diff([]string{"a@h2", "b@h1"}, p.vms("east")); diff != "" {
			p.Error(diff)
		}
		p.cloud.be(func(c *fakeCloud) { c.half = nil })
		time.Sleep(time.Minute)
		p.await("east")
		if diff := cmp.Diff([]string{"a@h2"}, p.vms("east")); diff != "" {
			p.Error(diff)
		}
	})
}

// A panic of the host's code is an error of that refresh.
func TestAParserPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		odd := append(slices.Clone(parsers), refresh.Parser[*view, *estate]{Name: "odd", Parse: func(context.Context, *view, *estate) error { panic("at the disco") }})
		r, err := refresh.NewRefresher(p.store, p.cloud, p.persister, odd, nil)
		p.ok(err)
		p.superviseAs(r, nil)
		p.ok(r.Add(p.Context(), "east"))
		m, err := r.Await(p.Context(), "east")
		if !errors.Is(err, refresh.ErrFailing) || !strings.Contains(m.Full.Error, `parser "odd"`) || !strings.Contains(m.Full.Error, "at the disco") {
			p.Errorf("awaited: %+v, %v", m, err)
		}
		if m.Full.Outcome("hosts").Incomplete == "" {
			p.Error("a parser that does not say what it fills makes nothing incomplete")
		}
	})
}

// A refresh that is under way when its program stops has not failed: another program makes it.
func TestAProgramStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		stop := p.supervise(nil)
		p.cloud.set("east", "a", "h1")
		p.cloud.be(func(c *fakeCloud) { c.slow["east"] = time.Hour })
		p.ok(p.refresher.Add(p.Context(), "east"))
		time.Sleep(time.Minute)
		stop()
		if r := p.get("east"); r.State != refresh.Refreshing || r.Data.Full.Failures > 0 {
			p.Errorf("it is %+v", r)
		}
		p.supervise(nil)
		p.await("east")
		if m := p.get("east").Data; m.Full.Failures > 0 || m.Full.Ended.Sub(m.Full.Began) > 2*time.Hour {
			p.Errorf("it is %+v", m)
		}
	})
}

// Who stops reading because time is up has not read all, whether he says so or not.
func TestFillIsNotWhole(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	r, err := p.persister.Open(t.Context(), "east", nil)
	p.ok(err)
	ctx, cancel := context.WithCancel(t.Context())
	read := func(_ context.Context, _ *view, inv *estate) error {
		inv.Hosts.Build(Host{Ref: "h1"})
		cancel()
		return nil
	}
	err = refresh.Fill(ctx, r, &view{}, refresh.Parser[*view, *estate]{Name: "hosts", Parse: read})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), `parser "hosts"`) {
		t.Errorf("it is %v", err)
	}
	plan, err := r.Plan(t.Context())
	p.ok(err)
	if of := countedIn(t, plan, "hosts"); of.Incomplete == "" || of.Inserts != 1 {
		t.Errorf("the plan is %+v", of)
	}
	p.ok(errors.Join(plan.Close(), r.Close()))
}

// The guard refuses a refresh that removes too much, until somebody lets it.
func TestForce(t *testing.T) {
	t.Parallel()
	would := make(chan int, 1)
	atPost(t, &refresh.RefresherOptions{
		Failed: func(_ context.Context, _ refresh.Run, err error) {
			if guarded, is := errors.AsType[*refresh.GuardError](err); is {
				n := 0
				for _, err := range guarded.Plan.Changes() {
					if n++; err != nil {
						t.Error(err)
					}
				}
				would <- n
			}
		},
	}, func(p *post) {
		for i := range 100 {
			p.cloud.set("east", fmt.Sprint(i), "h1")
		}
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		for i := range 90 {
			p.cloud.unset("east", fmt.Sprint(i))
		}
		p.ok(p.refresher.Request(p.Context(), "east", nil))
		if m, err := p.refresher.Await(p.Context(), "east"); !errors.Is(err, refresh.ErrFailing) || !strings.Contains(m.Full.Error, "removes 90 of the 100 rows") {
			p.Errorf("awaited: %+v, %v", m, err)
		}
		if n := len(p.vms("east")); n != 100 || <-would != 90 {
			p.Errorf("%d vms are there", n)
		}
		p.ok(p.refresher.Force(p.Context(), "east"))
		if m := p.await("east"); m.Force || m.Full.Outcome("vms").Deletes != 90 {
			p.Errorf("it is %+v", m)
		}
		if n := len(p.vms("east")); n != 10 {
			p.Errorf("%d vms are there", n)
		}
	})
}

// A collector that never ends is ended.
func TestACollectorNeverEnds(t *testing.T) {
	t.Parallel()
	atPost(t, &refresh.RefresherOptions{Timeout: time.Hour}, func(p *post) {
		p.cloud.be(func(c *fakeCloud) { c.stuck = true })
		p.ok(p.refresher.Add(p.Context(), "east"))
		m, err := p.refresher.Await(p.Context(), "east")
		if !errors.Is(err, refresh.ErrFailing) || m.Full.Ended.Sub(m.Full.Began).Round(time.Second) != time.Hour {
			p.Errorf("awaited: %+v, %v", m, err)
		}
		p.cloud.be(func(c *fakeCloud) { c.stuck = false })
		time.Sleep(time.Minute)
		p.await("east")
	})
}
