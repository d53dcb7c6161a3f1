package provisioningtest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

func ensureMutants() []mutant {
	const (
		makes      = "ensure/makes what is asked for"
		same       = "ensure/the same key is the same resource"
		atOnce     = "ensure/the same key is the same resource to calls that go on at once"
		canceled   = "ensure/the same key is the same resource after a canceled call"
		elsewhere  = "ensure/the same key is the same resource to another program"
		another    = "ensure/another key is another resource"
		generation = "ensure/another generation is another resource"
		many       = "ensure/many keys at once"
		conflict   = "ensure/what is somebody else's is a conflict, and is not released"
	)
	return []mutant{
		{"Ensure makes nothing", makes, plain, func(b *broken) {
			b.ensure = func(context.Context, call) (answer, error) { return answer{}, nil }
		}},
		{"Ensure makes two", makes, plain, func(b *broken) {
			before(&b.ensure, func(_ context.Context, c *call) error { b.another(c.Key); return nil })
		}},
		{"Ensure says that it is done when it has begun", makes, working, func(b *broken) {
			after(&b.ensure, func(_ call, a *answer, err error) error { a.State = provisioning.Done; return err })
		}},
		{"there is something before it is asked for", makes, plain, func(b *broken) {
			count := b.subject.Count
			b.subject.Count = func(ctx context.Context, key string) (int, error) {
				n, err := count(ctx, key)
				return max(n, 1), err
			}
		}},
		{"each Ensure makes another", same, plain, func(b *broken) {
			before(&b.ensure, func(_ context.Context, c *call) error {
				if b.note(c.Key) > 1 {
					b.another(c.Key)
				}
				return nil
			})
		}},
		{"Ensure with a handle is forgotten to be the same", same, plain, func(b *broken) {
			before(&b.ensure, func(_ context.Context, c *call) error {
				if c.Handle != "" {
					b.another(c.Key)
				}
				return nil
			})
		}},
		{"only the first Ensure tells secrets", same, plain, onlyFirst(func(a *answer) { a.Secrets = nil })},
		{"only the first Ensure tells attributes", same, plain, onlyFirst(func(a *answer) { a.Attributes = nil })},
		{"only the first Ensure tells the handle", same, plain, onlyFirst(func(a *answer) { a.Handle = "" })},
		{"each Ensure tells another handle", same, plain, onlyFirst(func(a *answer) { a.Handle += "'" })},
		{"the second Ensure fails, as it is there already", same, plain, func(b *broken) {
			before(&b.ensure, func(_ context.Context, c *call) error {
				if b.note(c.Key) > 1 {
					return provisioning.Conflict(errors.New("it is there already"))
				}
				return nil
			})
		}},
		{"Ensure looks first, and then makes", atOnce, plain, func(b *broken) {
			before(&b.ensure, func(_ context.Context, c *call) error {
				n, err := b.world.Count(context.Background(), c.Key)
				<-time.After(time.Second)
				if n == 0 && b.note(c.Key) > 1 {
					b.another(c.Key)
				}
				return err
			})
		}},
		{"what a canceled Ensure has made is made again", canceled, slow, func(b *broken) {
			whole := b.ensure
			b.ensure = func(ctx context.Context, c call) (answer, error) {
				if b.note(c.Key) == 2 {
					b.another(c.Key)
				}
				return whole(ctx, c)
			}
		}},
		{"what a canceled Ensure has begun is made besides, later", canceled, slow, func(b *broken) {
			before(&b.ensure, func(ctx context.Context, c *call) error {
				context.AfterFunc(ctx, func() {
					if errors.Is(ctx.Err(), context.DeadlineExceeded) {
						time.AfterFunc(10*time.Minute, func() { b.another(c.Key) })
					}
				})
				return nil
			})
		}},
		{"a program knows what is there by its memory", elsewhere, plain, func(b *broken) {
			programs := 0
			b.subject.Open = func() provisioning.Provisioner {
				programs++
				if programs == 2 {
					before(&b.ensure, func(_ context.Context, c *call) error { b.another(c.Key); return nil })
				}
				return b
			}
		}},
		{"a program releases only what it made itself", elsewhere, plain, func(b *broken) {
			b.subject.Open = func() provisioning.Provisioner {
				other := newBroken(b.world)
				other.release = func(context.Context, call) (answer, error) { return answer{}, nil }
				return other
			}
		}},
		{"Ensure goes by what is asked for, not by the key", another, plain, func(b *broken) {
			for _, m := range []*does{&b.ensure, &b.release, &b.find} {
				before(m, func(_ context.Context, c *call) error { c.Key = string(c.Config); return nil })
			}
			b.subject.Count = nil
		}},
		{"all have one handle", another, plain, func(b *broken) {
			after(&b.ensure, func(_ call, a *answer, err error) error { a.Handle = "it"; return err })
			after(&b.find, func(_ call, a *answer, err error) error { a.Handle = "it"; return err })
		}},
		{"Release releases all", another, plain, func(b *broken) {
			var mu sync.Mutex
			seen := map[string]call{}
			before(&b.ensure, func(_ context.Context, c *call) error {
				mu.Lock()
				defer mu.Unlock()
				seen[c.Key] = *c
				return nil
			})
			before(&b.release, func(ctx context.Context, _ *call) error {
				mu.Lock()
				defer mu.Unlock()
				for _, c := range seen {
					c.Goal = provisioning.Absent
					if _, err := b.world.Release(ctx, c); err != nil {
						return err
					}
				}
				return nil
			})
		}},
		{"all goes by the resource, not by the generation", generation, WorldOptions{Without: AllWays, Forgetful: true}, func(b *broken) {
			for _, m := range []*does{&b.ensure, &b.release, &b.find} {
				before(m, func(_ context.Context, c *call) error { c.Key = c.Request + c.Resource; return nil })
			}
			b.subject.Count = nil
		}},
		{"calls that go on at once mix up their keys", many, plain, func(b *broken) {
			var mu sync.Mutex
			var last string
			before(&b.ensure, func(_ context.Context, c *call) error {
				mu.Lock()
				last = c.Key
				mu.Unlock()
				<-time.After(time.Second)
				mu.Lock()
				defer mu.Unlock()
				c.Key = last
				return nil
			})
		}},
		{"what is somebody else's is taken", conflict, plain, func(b *broken) {
			after(&b.ensure, func(_ call, _ *answer, _ error) error { return nil })
		}},
		{"what is somebody else's is no conflict", conflict, plain, func(b *broken) {
			after(&b.ensure, func(_ call, _ *answer, err error) error {
				if err != nil {
					return provisioning.Fatal(errors.New("it cannot be made"))
				}
				return nil
			})
		}},
		{"what is somebody else's is overwritten", conflict, plain, occupied(func(b *broken) *does { return &b.ensure })},
		{"what is somebody else's is released", conflict, plain, occupied(func(b *broken) *does { return &b.release })},
	}
}

// onlyFirst alters what is answered to Ensure but for the first time.
func onlyFirst(alter func(*answer)) func(*broken) {
	return func(b *broken) {
		after(&b.ensure, func(c call, a *answer, err error) error {
			if b.note(c.Key) > 1 {
				alter(a)
			}
			return err
		})
	}
}

// occupied has a method remove what is somebody else's.
func occupied(by func(*broken) *does) func(*broken) {
	return func(b *broken) {
		removed := false
		before(by(b), func(context.Context, *call) error { removed = true; return nil })
		occupy := b.subject.Occupy
		b.subject.Occupy = func(ctx context.Context, c call) (func() (bool, error), error) {
			there, err := occupy(ctx, c)
			return func() (bool, error) {
				ok, err := there()
				return ok && !removed, err
			}, err
		}
	}
}
