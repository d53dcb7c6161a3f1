package scantest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/internal/recordtest"
	"github.com/reeve-go/reeve/scan"
)

// A cloud is what launchers launch to, in memory.
type cloud struct {
	mu         sync.Mutex
	n          int
	instances  map[string]scan.Instance // by id
	terminated map[string]bool          // by token
}

// A brokenLauncher is a launcher of which each method can be replaced.
type brokenLauncher struct {
	*cloud

	launch    func(ctx context.Context, token string) (scan.Instance, error)
	terminate func(ctx context.Context, token string) error
	list      func() []scan.Instance
	again     func() *brokenLauncher // opens it once more
}

func (b *brokenLauncher) Launch(ctx context.Context, token string, _ scan.AgentSpec) (scan.Instance, error) {
	return b.launch(ctx, token)
}

func (b *brokenLauncher) Terminate(ctx context.Context, token string) error {
	return b.terminate(ctx, token)
}

func (b *brokenLauncher) List(context.Context) iter.Seq2[scan.Instance, error] {
	return func(yield func(scan.Instance, error) bool) {
		for _, i := range b.list() {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func newBrokenLauncher() *brokenLauncher {
	c := &cloud{instances: map[string]scan.Instance{}, terminated: map[string]bool{}}
	b := &brokenLauncher{cloud: c, launch: c.launchOne, terminate: c.terminateOne, list: c.all}
	b.again = func() *brokenLauncher { return b }
	return b
}

func (c *cloud) all() []scan.Instance {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Values(c.instances))
}

func (c *cloud) launchOne(ctx context.Context, token string) (scan.Instance, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return scan.Instance{}, err
	}
	if c.terminated[token] {
		return scan.Instance{Token: token, ID: "none", Gone: true}, nil
	}
	for _, i := range c.instances {
		if i.Token == token {
			return i, nil
		}
	}
	return c.start(token), nil
}

// start starts another one, whatever there is.
func (c *cloud) start(token string) scan.Instance {
	c.n++
	i := scan.Instance{Token: token, ID: fmt.Sprint("i-", c.n)}
	c.instances[i.ID] = i
	return i
}

func (c *cloud) terminateOne(_ context.Context, token string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.terminated[token] = true
	for id, i := range c.instances {
		if i.Token == token {
			i.Gone = true
			c.instances[id] = i
		}
	}
	return nil
}

// A launcherMutant breaks one thing.
type launcherMutant struct {
	name, law string
	breaks    func(*brokenLauncher)
}

func launcherMutants() []launcherMutant {
	return []launcherMutant{
		{"something runs from the start", "a new launcher has nothing", func(b *brokenLauncher) { b.start("another") }},
		{"it says that it has launched", "what is launched is listed, under its token", func(b *brokenLauncher) {
			b.launch = func(_ context.Context, token string) (scan.Instance, error) {
				return scan.Instance{Token: token, ID: "i-1"}, nil
			}
		}},
		{"its list has no tokens", "what is launched is listed, under its token", func(b *brokenLauncher) {
			b.list = func() []scan.Instance {
				all := b.all()
				for n := range all {
					all[n].Token = ""
				}
				return all
			}
		}},
		{"there is no id", "what is launched is listed, under its token", func(b *brokenLauncher) {
			launch := b.launch
			b.launch = func(ctx context.Context, token string) (scan.Instance, error) {
				i, err := launch(ctx, token)
				i.ID = ""
				return i, err
			}
		}},
		{"each launch starts another", "two launches of a token are one", func(b *brokenLauncher) {
			b.launch = func(_ context.Context, token string) (scan.Instance, error) {
				b.mu.Lock()
				defer b.mu.Unlock()
				return b.start(token), nil
			}
		}},
		{"it looks first, and starts then", "launches of a token at the same time are one", func(b *brokenLauncher) {
			b.launch = func(_ context.Context, token string) (scan.Instance, error) {
				for _, i := range b.all() {
					if i.Token == token {
						return i, nil
					}
				}
				time.Sleep(time.Millisecond) // so that they meet
				b.mu.Lock()
				defer b.mu.Unlock()
				return b.start(token), nil
			}
		}},
		{"tokens are cut", "each token has an instance of its own", func(b *brokenLauncher) {
			launch := b.launch
			b.launch = func(ctx context.Context, token string) (scan.Instance, error) {
				i, err := launch(ctx, token[:min(len(token), 7)])
				i.Token = token
				return i, err
			}
		}},
		{"terminating is by prefix", "each token has an instance of its own", func(b *brokenLauncher) {
			terminate := b.terminate
			b.terminate = func(ctx context.Context, token string) error {
				for _, i := range b.all() {
					if strings.HasPrefix(i.Token, token) {
						_ = terminate(ctx, i.Token)
					}
				}
				return nil
			}
		}},
		{"terminating does nothing", "what is terminated does not run", func(b *brokenLauncher) {
			b.terminate = func(context.Context, string) error { return nil }
		}},
		{"terminating takes a while", "what is terminated does not run", func(b *brokenLauncher) {
			terminate := b.terminate
			b.terminate = func(ctx context.Context, token string) error {
				time.AfterFunc(50*time.Millisecond, func() { _ = terminate(ctx, token) })
				return nil
			}
		}},
		{"to terminate what is not there is an error", "to terminate what is not there is no error", func(b *brokenLauncher) {
			terminate := b.terminate
			b.terminate = func(ctx context.Context, token string) error {
				if !slices.ContainsFunc(b.all(), func(i scan.Instance) bool { return i.Token == token }) {
					return errors.New("there is no such instance")
				}
				return terminate(ctx, token)
			}
		}},
		{"what has ended is started anew", "a token that was terminated starts nothing", func(b *brokenLauncher) {
			launch := b.launch
			b.launch = func(ctx context.Context, token string) (scan.Instance, error) {
				i, err := launch(ctx, token)
				if i.Gone {
					b.mu.Lock()
					defer b.mu.Unlock()
					return b.start(token), nil
				}
				return i, err
			}
		}},
		{"what is terminated is remembered by its instance", "a token that was terminated first starts nothing", func(b *brokenLauncher) {
			terminate := b.terminate
			b.terminate = func(ctx context.Context, token string) error {
				if slices.ContainsFunc(b.all(), func(i scan.Instance) bool { return i.Token == token }) {
					return terminate(ctx, token)
				}
				return nil
			}
		}},
		{"a launch that was given up goes on", "whatever became of a launch, it can be terminated", func(b *brokenLauncher) {
			launch := b.launch
			b.launch = func(ctx context.Context, token string) (scan.Instance, error) {
				if ctx.Err() == nil {
					return launch(ctx, token)
				}
				time.AfterFunc(20*time.Millisecond, func() {
					b.mu.Lock()
					defer b.mu.Unlock()
					b.start(token)
				})
				return scan.Instance{}, ctx.Err()
			}
		}},
		{"a launch is late", "launches and terminations at the same time leave nothing", func(b *brokenLauncher) {
			b.launch = func(_ context.Context, token string) (scan.Instance, error) {
				time.AfterFunc(20*time.Millisecond, func() {
					b.mu.Lock()
					defer b.mu.Unlock()
					b.start(token)
				})
				return scan.Instance{}, errors.New("it was too slow")
			}
		}},
		{"a listing uses up what it lists", "a listing can be left", func(b *brokenLauncher) {
			b.list = func() []scan.Instance {
				all := b.all()
				b.mu.Lock()
				defer b.mu.Unlock()
				clear(b.instances)
				return all
			}
		}},
		{"it forgets", "who opens it again finds what there is", func(b *brokenLauncher) { b.again = newBrokenLauncher }},
		{"it forgets what was terminated", "who opens it again finds what there is", func(b *brokenLauncher) {
			b.again = func() *brokenLauncher {
				clear(b.terminated)
				maps.DeleteFunc(b.instances, func(_ string, i scan.Instance) bool { return i.Gone })
				return b
			}
		}},
	}
}

// TestLauncherMutants shows that the suite is worth something: each thing that a launcher can get wrong is told by the law that
// is named for it.
func TestLauncherMutants(t *testing.T) {
	t.Parallel()
	for _, m := range launcherMutants() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(launcherLaws(), func(l launcherLaw) bool { return l.name == m.law })
			if i < 0 {
				t.Fatalf("there is no law %q", m.law)
			}
			synctest.Test(t, func(t *testing.T) { // who waits a moment, so that others come first, waits for all of them
				r, k := &recordtest.Recorder{TB: t}, m.kit()
				r.Run(func() { launcherLaws()[i].check(k.scene(r)) })
				if !r.Failed() {
					t.Errorf("%q finds nothing wrong; it must", m.law)
				}
				t.Log(strings.Join(r.Lines(), "\n"))
			})
		})
	}
}

func (m launcherMutant) kit() launcherKit {
	return launcherKit{
		LauncherOptions: LauncherOptions{
			Reopen: func(_ testing.TB, l scan.Launcher) scan.Launcher { return l.(*brokenLauncher).again() },
		},
		open: func(testing.TB) scan.Launcher {
			b := newBrokenLauncher()
			m.breaks(b)
			return b
		},
	}
}

// Nothing is told of what breaks nothing.
func TestUnbrokenLauncher(t *testing.T) {
	t.Parallel()
	k := launcherMutant{breaks: func(*brokenLauncher) {}}.kit()
	TestLauncher(t, k.open, &k.LauncherOptions)
}

func TestEveryLauncherLawTells(t *testing.T) {
	t.Parallel()
	for _, l := range launcherLaws() {
		if !slices.ContainsFunc(launcherMutants(), func(m launcherMutant) bool { return m.law == l.name }) {
			t.Errorf("no mutant breaks %q; one must", l.name)
		}
	}
}
