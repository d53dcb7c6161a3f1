package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
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
// A parser that fails makes a refresh that is not whole: what was brought is saved, nothing is removed, the outcome
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
		if _, err := p.refresher.Await(p.Context(), "east"); !errors.Is(err, supervision.ErrPaused) || !strings.Contains(err.Error(), "maintenance") {
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
