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
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// Whoever asks and waits sees what there was when he asked, or newer, and soon, although others ask for something all the
// time, programs come and go, refreshes fail, and managers are paused, removed and added anew.
func TestAwait(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) { rapid.SyncTest(rt, awaiting) })
}

func awaiting(rt *rapid.T) {
	o := &refresh.RefresherOptions{
		Delay: rapid.SampledFrom([]time.Duration{-1, time.Second}).Draw(rt, "delay"), Threshold: 3,
		Wait: func(_ string, n int) time.Duration { return time.Duration(min(n, 6)) * 10 * time.Second },
	}
	p := newPost(rt, o)
	p.cloud.be(func(c *fakeCloud) { c.slow["east"], c.quick = 20*time.Second, 3*time.Second })
	p.ok(p.refresher.Add(p.Context(), "east"))
	w := &waiters{post: p}

	var running []func()
	start := func() {
		running = append(running, p.superviseAs(p.another(o), &supervision.Options{Lease: 5 * time.Second}))
	}
	start()
	stop := w.chatter()
	rt.Repeat(map[string]func(*rapid.T){
		"ask": func(rt *rapid.T) {
			n := rapid.IntRange(1, 5).Draw(rt, "rows") // five are too many for a targeted refresh
			w.ask(rapid.SliceOfNDistinct(rapid.SampledFrom(strings.Fields("a b c d e f")), n, n, rapid.ID).Draw(rt, "which"), rapid.Bool().Draw(rt, "all"))
		},
		"break": func(rt *rapid.T) {
			down := rapid.Bool().Draw(rt, "down")
			w.be(func() { w.broken = w.broken || down })
			p.cloud.be(func(c *fakeCloud) {
				if delete(c.broken, "east"); down {
					c.broken["east"] = errors.New("it is down")
				}
			})
		},
		"pause": func(*rapid.T) {
			w.be(func() { w.paused = true })
			if err := p.refresher.Managers.Pause(p.Context(), "east", "for a while"); err != nil && !errors.Is(err, storage.ErrInvalid) {
				rt.Error(err)
			}
			time.Sleep(time.Second)
			p.ok(p.refresher.Managers.Resume(p.Context(), "east"))
		},
		"remove": func(*rapid.T) {
			w.be(func() { w.removed++ })
			p.ok(p.refresher.Remove(p.Context(), "east"))
			p.ok(p.refresher.AwaitRemoved(p.Context(), "east"))
			time.Sleep(time.Millisecond)
			p.ok(p.refresher.Add(p.Context(), "east"))
		},
		"replace": func(*rapid.T) {
			start()
			running[len(running)-2]()
		},
		"wait": func(rt *rapid.T) {
			time.Sleep(time.Duration(rapid.IntRange(1, 30_000).Draw(rt, "ms")) * time.Millisecond)
		},
	})
	w.Wait()
	stop()
	running[len(running)-1]()
	for _, fault := range w.faults {
		rt.Error(fault)
	}
}

// Waiters ask for what is new in the cloud, and wait for it.
type waiters struct {
	*post
	sync.WaitGroup

	mu             sync.Mutex
	news           int
	broken, paused bool // at some time
	removed        int
	faults         []string
}

func (w *waiters) be(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// chatter asks for something all the time.
func (w *waiters) chatter() (stop func()) {
	ctx, cancel := context.WithCancel(w.Context())
	var all sync.WaitGroup
	all.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			t := w.targets(string(rune('a' + i%6)))
			if i%7 == 0 {
				t = nil
			}
			_ = w.refresher.Request(ctx, "east", t) // it may be removed
			select {
			case <-ctx.Done():
			case <-time.After(700 * time.Millisecond):
			}
		}
	})
	return func() {
		cancel()
		all.Wait()
	}
}

// ask asks for what is new, and has somebody wait for it.
func (w *waiters) ask(vms []string, everything bool) {
	w.news++
	news := fmt.Sprintf("h%05d", w.news)
	for _, vm := range vms {
		w.cloud.set("east", vm, news)
	}
	t := w.targets(vms...)
	if everything {
		t = nil
	}
	removed := w.removed
	if err := w.refresher.Request(w.Context(), "east", t); err != nil {
		w.be(func() { w.faults = append(w.faults, err.Error()) })
	}
	w.Go(func() {
		ctx, cancel := context.WithTimeout(w.Context(), 5*time.Minute)
		defer cancel()
		_, err := w.refresher.Await(ctx, "east")
		is := w.vms("east")
		w.be(func() {
			switch {
			case err == nil && w.removed == removed:
				for _, vm := range vms {
					if at := slices.IndexFunc(is, func(one string) bool { return strings.HasPrefix(one, vm+"@") }); at < 0 || is[at] < vm+"@"+news {
						w.faults = append(w.faults, fmt.Sprintf("%s with news %s is awaited, and there is %q", vm, news, is))
					}
				}
			case err == nil:
			case errors.Is(err, refresh.ErrFailing) && w.broken, errors.Is(err, supervision.ErrPaused) && w.paused, errors.Is(err, storage.ErrNotFound) && w.removed > removed:
			default:
				w.faults = append(w.faults, err.Error())
			}
		})
	})
}

// What others ask for afterwards is not waited for.
func TestAwaitEndsWithItsOwn(t *testing.T) {
	t.Parallel()
	atPost(t, nil, func(p *post) {
		p.cloud.set("east", "a", "h1")
		p.cloud.be(func(c *fakeCloud) { c.slow["east"] = 10 * time.Second })
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		stop := (&waiters{post: p}).chatter()
		for range 20 {
			p.cloud.set("east", "b", fmt.Sprint("h", time.Now().UnixNano()))
			p.ok(p.refresher.Request(p.Context(), "east", nil))
			begun := time.Now()
			p.await("east")
			if took := time.Since(begun); took > 35*time.Second {
				p.Errorf("it took %v; the refresh under way and the next one take 20 seconds, and targeted ones a little", took)
			}
		}
		stop()
	})
}

// A request that comes while a refresh is under way is done by the next one.
func TestAwaitTheNextRefresh(t *testing.T) {
	t.Parallel()
	atPost(t, nil, func(p *post) {
		p.cloud.be(func(c *fakeCloud) { c.slow["east"], c.quick = time.Minute, time.Minute })
		p.ok(p.refresher.Add(p.Context(), "east"))
		time.Sleep(30 * time.Second)
		p.cloud.set("east", "a", "h1")
		p.ok(p.refresher.Request(p.Context(), "east", nil))
		p.await("east")
		if diff := cmp.Diff([]string{"a@h1"}, p.vms("east")); diff != "" {
			p.Errorf("in full: %s", diff)
		}
		p.ok(p.refresher.Request(p.Context(), "east", p.targets("a")))
		time.Sleep(30 * time.Second)
		p.cloud.set("east", "a", "h2")
		p.ok(p.refresher.Request(p.Context(), "east", p.targets("a")))
		p.await("east")
		if diff := cmp.Diff([]string{"a@h2"}, p.vms("east")); diff != "" {
			p.Errorf("targeted: %s", diff)
		}
	})
}

// A request that waits because the last refresh failed is waited for, and the outcome is that of its own try.
func TestAwaitOfOneThatFails(t *testing.T) {
	t.Parallel()
	atPost(t, &refresh.RefresherOptions{Wait: func(string, int) time.Duration { return 10 * time.Minute }}, func(p *post) {
		p.cloud.set("east", "a", "h1")
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		broken := func(why error) {
			p.cloud.be(func(c *fakeCloud) { c.broken["east"] = why })
		}
		ask := func(t *refresh.Targets) (time.Duration, error) {
			begun := time.Now()
			p.ok(p.refresher.Request(p.Context(), "east", t))
			_, err := p.refresher.Await(p.Context(), "east")
			return time.Since(begun).Round(time.Minute), err
		}
		fails := func(took time.Duration, err error, want time.Duration, why string) {
			p.Helper()
			if took != want || !errors.Is(err, refresh.ErrFailing) || !strings.Contains(err.Error(), why) {
				p.Errorf("after %v: %v; want %q after %v", took, err, why, want)
			}
		}
		broken(errors.New("the first reason"))
		took, err := ask(p.targets("a"))
		fails(took, err, 0, "the first reason")
		broken(errors.New("the second reason"))
		took, err = ask(p.targets("a"))
		fails(took, err, 10*time.Minute, "the second reason")
		broken(nil)
		if _, err := p.refresher.Await(p.Context(), "east"); !errors.Is(err, refresh.ErrFailing) {
			p.Errorf("nothing new is asked for, and it is %v", err)
		}
		if took, err = ask(p.targets("a")); took != 10*time.Minute || err != nil {
			p.Errorf("after %v: %v", took, err)
		}
	})
}

// The schedule is nobody's request, and nobody waits for its refreshes.
func TestAwaitIsNotForTheSchedule(t *testing.T) {
	t.Parallel()
	every := func(manager string) supervision.Schedule { return supervision.Every(time.Minute, manager) }
	atPost(t, &refresh.RefresherOptions{Schedule: every}, func(p *post) {
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		p.cloud.be(func(c *fakeCloud) { c.slow["east"] = time.Hour })
		time.Sleep(10 * time.Minute)
		if r := p.get("east"); r.State != refresh.Refreshing {
			p.Errorf("it is %s", r.State)
		}
		begun := time.Now()
		if p.await("east"); time.Since(begun) > 0 {
			p.Errorf("it took %v", time.Since(begun))
		}
		p.cloud.be(func(c *fakeCloud) { c.slow["east"] = 0 })
		p.ok(p.refresher.Remove(p.Context(), "east"))
		p.ok(p.refresher.AwaitRemoved(p.Context(), "east"))
	})
}

// More is asked for than a turn is given at once, and some of it again: nothing is taken for done that is not.
func TestAwaitOfManyRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, &refresh.RefresherOptions{Threshold: 1000, Delay: -1})
		stop := p.supervise(nil)
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		stop()
		p.cloud.be(func(c *fakeCloud) { c.quick = time.Minute })
		var mine, others []string
		for i := range storage.DefaultMost {
			mine, others = append(mine, fmt.Sprintf("mine%03d", i)), append(others, fmt.Sprintf("other%03d", i))
			p.cloud.set("east", mine[i], "h1")
		}
		p.ok(p.refresher.Request(p.Context(), "east", p.targets(mine...)))
		done := make(chan int)
		go func() {
			p.await("east")
			done <- len(p.vms("east"))
		}()
		synctest.Wait()
		// What is asked for again comes after what others ask for.
		p.ok(p.refresher.Request(p.Context(), "east", p.targets(append(others, mine[:10]...)...)))
		p.supervise(nil)
		if n := <-done; n != len(mine) {
			p.Errorf("%d of %d are there that were asked for", n, len(mine))
		}
	})
}

// One that is removed and added anew is another.
func TestAwaitOfOneThatIsReplaced(t *testing.T) {
	t.Parallel()
	atPost(t, nil, func(p *post) {
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		p.cloud.be(func(c *fakeCloud) { c.slow["east"] = time.Hour })
		p.ok(p.refresher.Request(p.Context(), "east", nil))
		begun, ended, removed := time.Now(), make(chan error), make(chan error)
		go func() {
			_, err := p.refresher.Await(p.Context(), "east")
			ended <- err
		}()
		go func() { removed <- p.refresher.AwaitRemoved(p.Context(), "east") }()
		time.Sleep(10 * time.Minute)
		p.ok(p.refresher.Remove(p.Context(), "east"))
		p.ok(p.refresher.AwaitRemoved(p.Context(), "east"))
		p.ok(p.refresher.Add(p.Context(), "east"))
		if err := <-ended; !errors.Is(err, storage.ErrNotFound) {
			p.Errorf("awaited: %v", err)
		}
		p.ok(<-removed)
		if took := time.Since(begun); took > 11*time.Minute {
			p.Errorf("it took %v", took)
		}
		p.await("east")
	})
}

// A removal that fails is told, and made again.
func TestAwaitRemovedOfOneThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		g := p.gate()
		p.supervise(nil)
		p.cloud.set("east", "a", "h1")
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		g.fail(errors.New("the disk is full"))
		p.ok(p.refresher.Remove(p.Context(), "east"))
		if err := p.refresher.AwaitRemoved(p.Context(), "east"); !errors.Is(err, refresh.ErrFailing) || !strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("awaited: %v", err)
		}
		g.fail(nil)
		time.Sleep(time.Hour)
		p.ok(p.refresher.AwaitRemoved(p.Context(), "east"))
	})
}
