package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A manager that is added is refreshed; what is asked for is read, and nothing else is; what it lost is removed.
func TestAManagerIsRefreshed(t *testing.T) {
	t.Parallel()
	atPost(t, nil, func(p *post) {
		p.cloud.set("east", "a", "h1")
		p.cloud.set("east", "b", "h1")
		p.cloud.set("west", "a", "h9")
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.ok(p.refresher.Add(p.Context(), "west"))
		m := p.await("east")
		if diff := cmp.Diff([]string{"a@h1", "b@h1"}, p.vms("east")); diff != "" {
			p.Error(diff)
		}
		if m.Full.Succeeded.IsZero() || m.Full.Outcome("vms").Inserts != 2 || m.Full.SavedAt != m.Full.Succeeded {
			p.Errorf("it knows %+v", m)
		}

		p.cloud.set("east", "a", "h2")
		p.cloud.set("east", "c", "h2")
		p.cloud.unset("east", "b")
		p.ok(p.refresher.Request(p.Context(), "east", p.targets("a", "b")))
		m = p.await("east")
		if diff := cmp.Diff([]string{"a@h2"}, p.vms("east")); diff != "" {
			p.Error(diff)
		}
		if of := m.Targeted.Outcome("vms"); of.Updates != 1 || of.Deletes != 1 || m.Full.Outcome("vms").Inserts != 2 {
			p.Errorf("the outcome is %+v", of)
		}

		p.ok(p.refresher.Request(p.Context(), "east", nil))
		p.await("east")
		if diff := cmp.Diff([]string{"a@h2", "c@h2"}, p.vms("east")); diff != "" {
			p.Error(diff)
		}
		if diff := cmp.Diff([]string{"all", "a b", "all"}, p.cloud.readings("east")); diff != "" {
			p.Error(diff)
		}
		p.await("west")
		if diff := cmp.Diff([]string{"a@h9"}, p.vms("west")); diff != "" {
			p.Error(diff)
		}
	})
}

// Nobody is refreshed whom nobody added, and nothing is taken for a target that is none.
func TestARequestIsRefused(t *testing.T) {
	t.Parallel()
	atPost(t, nil, func(p *post) {
		if err := p.refresher.Request(p.Context(), "north", nil); !errors.Is(err, storage.ErrNotFound) {
			p.Errorf("of no manager: %v", err)
		}
		p.ok(p.refresher.Add(p.Context(), "east"))
		if err := p.refresher.Add(p.Context(), "east"); !errors.Is(err, storage.ErrExists) {
			p.Errorf("added twice: %v", err)
		}
		var odd refresh.Targets
		p.ok(odd.UnmarshalJSON([]byte(`{"cars": [{"ref": "x"}]}`)))
		if err := p.refresher.Request(p.Context(), "east", &odd); err == nil {
			p.Error("targets in no collection are taken")
		}
		p.await("east")
	})
}

// Requests that come close together share a refresh; what is asked for while one is under way has another.
func TestRequestsAreMerged(t *testing.T) {
	t.Parallel()
	atPost(t, &refresh.RefresherOptions{Delay: 5 * time.Second}, func(p *post) {
		p.cloud.set("east", "a", "h1")
		p.cloud.be(func(c *fakeCloud) { c.quick = time.Minute })
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		for _, vm := range []string{"a", "b", "a", "c", "b"} {
			p.ok(p.refresher.Request(p.Context(), "east", p.targets(vm)))
			time.Sleep(time.Second)
		}
		time.Sleep(30 * time.Second) // it is under way
		if r := p.get("east"); r.State != refresh.Refreshing || r.Data.Under.Len() != 3 {
			p.Errorf("it is %+v", r)
		}
		p.ok(p.refresher.Request(p.Context(), "east", p.targets("c")))
		p.ok(p.refresher.Request(p.Context(), "east", p.targets("d")))
		p.await("east")
		if diff := cmp.Diff([]string{"all", "a b c", "c d"}, p.cloud.readings("east")); diff != "" {
			p.Error(diff)
		}
	})
}

// A full refresh does what targeted ones are asked for at the time.
func TestAFullRefreshDoesAll(t *testing.T) {
	t.Parallel()
	atPost(t, nil, func(p *post) {
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		p.ok(p.refresher.Request(p.Context(), "east", p.targets("a")))
		p.ok(p.refresher.Request(p.Context(), "east", nil))
		p.await("east")
		time.Sleep(time.Hour)
		if diff := cmp.Diff([]string{"all", "all"}, p.cloud.readings("east")); diff != "" {
			p.Error(diff)
		}
	})
}

// Too many targets are a full refresh, whether they come at once or one after another.
func TestManyTargetsAreAFullRefresh(t *testing.T) {
	t.Parallel()
	many := []string{"a", "b", "c", "d"}
	for name, ask := range map[string]func(p *post){
		"at once": func(p *post) { p.ok(p.refresher.Request(p.Context(), "east", p.targets(many...))) },
		"one after another": func(p *post) {
			for _, vm := range many {
				p.ok(p.refresher.Request(p.Context(), "east", p.targets(vm)))
				time.Sleep(time.Millisecond)
			}
		},
		"while nobody listens": func(p *post) {
			p.ok(p.refresher.Managers.Pause(p.Context(), "east", "for a while"))
			for _, vm := range many {
				p.ok(p.refresher.Request(p.Context(), "east", p.targets(vm)))
			}
			p.ok(p.refresher.Managers.Resume(p.Context(), "east"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			atPost(t, &refresh.RefresherOptions{Threshold: 3}, func(p *post) {
				p.ok(p.refresher.Add(p.Context(), "east"))
				p.await("east")
				p.ok(p.refresher.Request(p.Context(), "east", p.targets(many[:3]...)))
				p.await("east")
				ask(p)
				p.await("east")
				if diff := cmp.Diff([]string{"all", "a b c", "all"}, p.cloud.readings("east")); diff != "" {
					p.Error(diff)
				}
			})
		})
	}
}

// What is asked for again while nobody listens takes no more room.
func TestRequestsTakeASlotEach(t *testing.T) {
	t.Parallel()
	atPost(t, nil, func(p *post) {
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		p.ok(p.refresher.Managers.Pause(p.Context(), "east", "for a while"))
		for range 50 {
			p.ok(p.refresher.Request(p.Context(), "east", p.targets("a", "b")))
			p.ok(p.refresher.Request(p.Context(), "east", p.targets("b")))
			p.ok(p.refresher.Request(p.Context(), "east", nil))
		}
		n := 0
		for _, err := range p.store.Messages(p.Context(), storage.MessageQuery{To: p.refresher.Managers.Key("east"), Statuses: []storage.MessageStatus{storage.MessageOpen}}) {
			p.ok(err)
			n++
		}
		if n != 3 {
			p.Errorf("%d messages are kept, want one a row and one for all", n)
		}
	})
}

// A targeted refresh goes on beside a full one that takes long, and is not undone by it.
func TestTargetedBesideFull(t *testing.T) {
	t.Parallel()
	atPost(t, nil, func(p *post) {
		p.cloud.set("east", "a", "h1")
		p.cloud.set("east", "b", "h1")
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		p.cloud.be(func(c *fakeCloud) { c.slow["east"] = time.Hour })
		p.ok(p.refresher.Request(p.Context(), "east", nil))
		time.Sleep(time.Minute) // it has read the cloud
		p.cloud.set("east", "a", "h2")
		p.cloud.set("east", "c", "h2")
		p.cloud.unset("east", "b")
		p.ok(p.refresher.Request(p.Context(), "east", p.targets("a", "b", "c")))
		time.Sleep(time.Minute)
		want := []string{"a@h2", "c@h2"}
		if diff := cmp.Diff(want, p.vms("east")); diff != "" {
			p.Errorf("beside it:\n%s", diff)
		}
		p.await("east")
		if diff := cmp.Diff(want, p.vms("east")); diff != "" {
			p.Errorf("after it:\n%s", diff)
		}
		if m := p.get("east").Data; m.Full.Ended.Sub(m.Full.Began) < time.Hour || m.Full.Failures > 0 {
			p.Errorf("the full refresh was %+v", m.Full)
		}
	})
}

// However many targeted refreshes there are beside a full one, it can be saved in the end.
func TestMoreBesideFullThanIsKept(t *testing.T) {
	t.Parallel()
	atPost(t, &refresh.RefresherOptions{Delay: -1}, func(p *post) {
		p.cloud.set("east", "a", "h1")
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		p.cloud.be(func(c *fakeCloud) { c.slow["east"] = time.Hour })
		p.ok(p.refresher.Request(p.Context(), "east", nil))
		for range storage.KeptSaves + 10 {
			time.Sleep(time.Second)
			p.ok(p.refresher.Request(p.Context(), "east", p.targets("a")))
		}
		p.cloud.set("east", "a", "h2")
		p.ok(p.refresher.Request(p.Context(), "east", p.targets("a")))
		p.await("east")
		if m := p.get("east").Data; m.Full.Failures > 0 || m.Beside != 0 {
			p.Errorf("it is %+v", m)
		}
		if diff := cmp.Diff([]string{"a@h2"}, p.vms("east")); diff != "" {
			p.Error(diff)
		}
	})
}

// A refresh that fails is made again, later each time; the last success is still known, and so is the error. What was
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

// A parser that fails makes a refresh that is not whole: what was brought is saved, nothing is removed, the outcome
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

// Full refreshes come by the schedule, counted from the end of the last one.
func TestSchedule(t *testing.T) {
	t.Parallel()
	atPost(t, &refresh.RefresherOptions{
		Schedule: func(manager string) supervision.Schedule {
			if manager == "west" {
				return nil
			}
			return supervision.Every(time.Hour, manager)
		},
	}, func(p *post) {
		p.cloud.be(func(c *fakeCloud) { c.slow["east"] = 90 * time.Minute })
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.ok(p.refresher.Add(p.Context(), "west"))
		time.Sleep(20 * time.Hour)
		if n := len(p.cloud.readings("east")); n < 9 || n > 11 {
			p.Errorf("in twenty hours there were %d refreshes of an hour and a half, want one every second hour", n)
		}
		if n := len(p.cloud.readings("west")); n != 1 {
			p.Errorf("without a schedule there were %d refreshes, want the first one", n)
		}
		time.Sleep(2 * time.Hour) // none is under way at the end
		p.ok(p.refresher.Managers.Pause(p.Context(), "east", "it is over"))
		time.Sleep(2 * time.Hour)
	})
}

// The hooks are called before and after each refresh, and what they say counts.
func TestHooks(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var before, after []string
	var refuse, spoil error
	atPost(t, &refresh.RefresherOptions{
		Before: func(_ context.Context, r refresh.Run) error {
			mu.Lock()
			defer mu.Unlock()
			before = append(before, r.Manager)
			return refuse
		},
		After: func(_ context.Context, r refresh.Run, saved *refresh.Plan) error {
			mu.Lock()
			defer mu.Unlock()
			for _, c := range saved.Collections {
				if c.Name == "vms" {
					after = append(after, fmt.Sprintf("%s: %d created, all %t", r.Manager, c.Inserts, r.Targets == nil))
				}
			}
			return spoil
		},
	}, func(p *post) {
		p.cloud.set("east", "a", "h1")
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		p.ok(p.refresher.Request(p.Context(), "east", p.targets("a")))
		p.await("east")
		mu.Lock()
		spoil = errors.New("nobody listens")
		mu.Unlock()
		p.ok(p.refresher.Request(p.Context(), "east", nil))
		if m, err := p.refresher.Await(p.Context(), "east"); !errors.Is(err, refresh.ErrFailing) || !strings.Contains(m.Full.Error, "nobody listens") {
			p.Errorf("awaited: %+v, %v", m, err)
		}
		mu.Lock()
		refuse, spoil = errors.New("not now"), nil
		mu.Unlock()
		time.Sleep(time.Minute)
		if m := p.get("east").Data; !strings.Contains(m.Full.Error, "before it: not now") {
			p.Errorf("it is %+v", m)
		}
		mu.Lock()
		defer mu.Unlock()
		if diff := cmp.Diff([]string{"all", "a", "all"}, p.cloud.readings("east")); diff != "" {
			p.Errorf("readings: %s", diff)
		}
		if diff := cmp.Diff([]string{"east: 1 created, all true", "east: 0 created, all false", "east: 0 created, all true"}, after); diff != "" {
			p.Error(diff)
		}
		if len(before) < 4 {
			p.Errorf("before was called %d times", len(before))
		}
	})
}

// A paused manager begins nothing; what it was asked for is kept.
func TestPause(t *testing.T) {
	t.Parallel()
	atPost(t, nil, func(p *post) {
		p.cloud.set("east", "a", "h1")
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		p.ok(p.refresher.Managers.Pause(p.Context(), "east", "maintenance"))
		p.cloud.set("east", "b", "h1")
		p.ok(p.refresher.Request(p.Context(), "east", p.targets("b")))
		time.Sleep(time.Hour)
		if n := len(p.cloud.readings("east")); n != 1 {
			p.Errorf("it was read %d times", n)
		}
		if _, err := p.refresher.Await(p.Context(), "east"); !errors.Is(err, refresh.ErrStopped) || !strings.Contains(err.Error(), "maintenance") {
			p.Errorf("awaited: %v", err)
		}
		p.ok(p.refresher.Managers.Resume(p.Context(), "east"))
		p.await("east")
		if diff := cmp.Diff([]string{"a@h1", "b@h1"}, p.vms("east")); diff != "" {
			p.Error(diff)
		}
	})
}

// A manager is removed with all that it has, whatever it is doing, and can be added anew.
func TestRemove(t *testing.T) {
	t.Parallel()
	for name, while := range map[string]func(p *post){
		"at rest": func(*post) {},
		"paused":  func(p *post) { p.ok(p.refresher.Managers.Pause(p.Context(), "east", "for a while")) },
		"in a full refresh": func(p *post) {
			p.cloud.be(func(c *fakeCloud) { c.slow["east"] = time.Hour })
			p.ok(p.refresher.Request(p.Context(), "east", nil))
			time.Sleep(time.Minute)
		},
		"in both": func(p *post) {
			p.cloud.be(func(c *fakeCloud) { c.slow["east"], c.quick = time.Hour, time.Hour })
			p.ok(p.refresher.Request(p.Context(), "east", nil))
			p.ok(p.refresher.Request(p.Context(), "east", p.targets("a")))
			time.Sleep(time.Minute)
		},
		"failing": func(p *post) {
			p.cloud.be(func(c *fakeCloud) { c.broken["east"] = errors.New("it is gone") })
			p.ok(p.refresher.Request(p.Context(), "east", nil))
			time.Sleep(time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			atPost(t, nil, func(p *post) {
				for i := range 100 {
					p.cloud.set("east", fmt.Sprint(i), fmt.Sprint("h", i%7))
				}
				p.cloud.set("west", "a", "h9")
				p.ok(p.refresher.Add(p.Context(), "east"))
				p.ok(p.refresher.Add(p.Context(), "west"))
				p.await("east")
				p.await("west")
				while(p)
				p.ok(p.refresher.Remove(p.Context(), "east"))
				p.ok(p.refresher.AwaitRemoved(p.Context(), "east"))
				time.Sleep(2 * time.Hour)
				if left := p.vms("east"); len(left) > 0 {
					p.Errorf("left are %q", left)
				}
				if diff := cmp.Diff([]string{"a@h9"}, p.vms("west")); diff != "" {
					p.Error(diff)
				}
				p.cloud.be(func(c *fakeCloud) { c.slow["east"], c.quick = 0, 0 })
				p.cloud.be(func(c *fakeCloud) { delete(c.broken, "east") })
				p.ok(p.refresher.Add(p.Context(), "east"))
				p.await("east")
				if n := len(p.vms("east")); n != 100 {
					p.Errorf("added anew it has %d vms", n)
				}
			})
		})
	}
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
