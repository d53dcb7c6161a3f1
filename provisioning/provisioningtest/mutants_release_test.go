package provisioningtest

import (
	"context"
	"errors"
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

func releaseMutants() []mutant {
	const (
		left     = "release/nothing is left"
		twice    = "release/twice"
		byKey    = "release/goes by the key, not by the handle"
		never    = "release/of what was never made"
		inMaking = "release/ends what is being made"
		begun    = "release/ends what a canceled call has begun"
		again    = "release/again after a canceled call"
		late     = "release/an older call of Ensure that comes later makes nothing"
	)
	errAbsent := provisioning.Fatal(errors.New("it is not there"))
	absent := func(b *broken, key string) bool {
		n, err := b.world.Count(context.Background(), key)
		return n == 0 && err == nil
	}
	ignores := func(b *broken, when func(c *call) bool) {
		whole := b.release
		b.release = func(ctx context.Context, c call) (answer, error) {
			if when(&c) {
				return answer{}, nil
			}
			return whole(ctx, c)
		}
	}
	return []mutant{
		{"Release does nothing", left, plain, func(b *broken) {
			ignores(b, func(*call) bool { return true })
		}},
		{"Release says that it is done when it has begun", left, working, func(b *broken) {
			after(&b.release, func(_ call, a *answer, err error) error { a.State = provisioning.Done; return err })
		}},
		{"Poll says that a release is done as it was made", left, working, func(b *broken) {
			after(&b.release, func(_ call, a *answer, err error) error { a.Again /= 2; return err })
			whole := b.poll
			b.poll = func(ctx context.Context, c call) (answer, error) {
				if c.Goal == provisioning.Absent {
					return answer{}, nil
				}
				return whole(ctx, c)
			}
		}},
		{"the second Release fails", twice, plain, func(b *broken) {
			before(&b.release, func(_ context.Context, c *call) error {
				if b.note(c.Key) > 1 {
					return errAbsent
				}
				return nil
			})
		}},
		{"Release goes by the handle", byKey, plain, func(b *broken) {
			ignores(b, func(c *call) bool { return c.Handle == "" })
		}},
		{"Release without a handle fails", byKey, plain, func(b *broken) {
			before(&b.release, func(_ context.Context, c *call) error {
				if c.Handle == "" && !absent(b, c.Key) {
					return provisioning.Fatal(errors.New("there is no handle"))
				}
				return nil
			})
		}},
		{"Release of what was never made fails", never, plain, func(b *broken) {
			before(&b.release, func(_ context.Context, c *call) error {
				if c.Generation == 1 && c.Handle == "" && absent(b, c.Key) {
					return errAbsent
				}
				return nil
			})
		}},
		{"Release makes it first", never, plain, func(b *broken) {
			ignores(b, func(c *call) bool {
				if !absent(b, c.Key) {
					return false
				}
				b.another(c.Key)
				return true
			})
		}},
		{"Release leaves what is being made", inMaking, working, func(b *broken) {
			ignores(b, func(c *call) bool {
				c.Goal = provisioning.Present
				a, err := b.world.Find(context.Background(), *c)
				c.Goal = provisioning.Absent
				return err == nil && a.State == provisioning.InProgress && b.note(c.Key) == 1
			})
		}},
		{"Release ends what is being made, and it comes all the same", inMaking, working, func(b *broken) {
			after(&b.ensure, func(c call, a *answer, err error) error {
				if a.State == provisioning.InProgress {
					time.AfterFunc(30*time.Minute, func() {
						if absent(b, c.Key) {
							b.another(c.Key)
						}
					})
				}
				return err
			})
		}},
		{"a canceled Ensure goes on", begun, slow, func(b *broken) {
			before(&b.ensure, func(ctx context.Context, c *call) error {
				context.AfterFunc(ctx, func() {
					if errors.Is(ctx.Err(), context.DeadlineExceeded) {
						time.AfterFunc(30*time.Minute, func() { b.another(c.Key) })
					}
				})
				return nil
			})
		}},
		{"Release releases what was heard of", begun, slow, func(b *broken) {
			after(&b.ensure, func(c call, _ *answer, err error) error {
				if err == nil {
					b.note(c.Key)
				}
				return err
			})
			ignores(b, func(c *call) bool {
				b.mu.Lock()
				defer b.mu.Unlock()
				return b.notes[c.Key] == 0
			})
		}},
		{"a canceled Release is taken for done", again, slow, func(b *broken) {
			ignores(b, func(c *call) bool { return b.note(c.Key) > 1 })
		}},
		{"an Ensure that comes late makes it", late, WorldOptions{Without: AllWays, Forgetful: true}, func(*broken) {}},
	}
}
