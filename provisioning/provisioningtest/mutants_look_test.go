package provisioningtest

import (
	"context"
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

func lookMutants() []mutant {
	const (
		finds    = "find/says what is there, and changes nothing"
		canceled = "find/says what came of a canceled call"
		polls    = "poll/says again what it has said"
		plans    = "plan/says something, and changes nothing"
		renews   = "renew/gives secrets of the same names, and leaves the resource"
	)
	return []mutant{
		{"Find finds nothing", finds, plain, func(b *broken) {
			after(&b.find, func(_ call, a *answer, err error) error { *a = answer{State: provisioning.Missing}; return err })
		}},
		{"Find finds what is not there", finds, plain, func(b *broken) {
			after(&b.find, func(_ call, a *answer, err error) error { a.State = provisioning.Done; return err })
		}},
		{"Find makes it", finds, plain, func(b *broken) {
			before(&b.find, func(_ context.Context, c *call) error { b.another(c.Key); return nil })
		}},
		{"Find removes it", finds, plain, func(b *broken) {
			before(&b.find, func(ctx context.Context, c *call) error {
				c.Goal = provisioning.Absent
				_, err := b.world.Release(ctx, *c)
				return err
			})
		}},
		{"Find goes by the handle", finds, plain, func(b *broken) {
			after(&b.find, func(c call, a *answer, err error) error {
				if c.Handle == "" {
					*a = answer{State: provisioning.Missing}
				}
				return err
			})
		}},
		{"Find does not tell attributes", finds, plain, func(b *broken) {
			after(&b.find, func(_ call, a *answer, err error) error { a.Attributes = nil; return err })
		}},
		{"Find does not tell the handle", finds, plain, func(b *broken) {
			after(&b.find, func(_ call, a *answer, err error) error { a.Handle = ""; return err })
		}},
		{"Find says for good that it fails", finds, plain, func(b *broken) {
			before(&b.find, func(context.Context, *call) error { return provisioning.Fatal(errBroken) })
		}},
		{"Find never answers", finds, plain, func(b *broken) {
			before(&b.find, func(context.Context, *call) error { return errLost })
		}},
		{"what a canceled Ensure has made is found, and removed later", canceled, WorldOptions{Without: AllWays &^ Lies, Slow: time.Minute}, func(b *broken) {
			whole := b.ensure
			b.ensure = func(ctx context.Context, c call) (answer, error) {
				a, err := whole(ctx, c)
				if ctx.Err() != nil {
					time.AfterFunc(20*time.Minute, func() {
						c.Goal = provisioning.Absent
						_, _ = b.world.Release(context.Background(), c)
					})
				}
				return a, err
			}
		}},
		{"Poll forgets what it has said", polls, working, func(b *broken) {
			after(&b.poll, func(c call, a *answer, err error) error {
				if err == nil && a.State == provisioning.Done && b.note(c.Operation) > 1 {
					return provisioning.Retry(0, errNotMade)
				}
				return err
			})
		}},
		{"Poll tells secrets once", polls, working, func(b *broken) {
			after(&b.poll, func(c call, a *answer, err error) error {
				if err == nil && a.State == provisioning.Done && b.note(c.Operation) > 1 {
					a.Secrets = provisioning.Secrets{}
				}
				return err
			})
		}},
		{"Poll never ends", "ensure/makes what is asked for", working, func(b *broken) {
			b.poll = func(context.Context, call) (answer, error) { return answer{State: provisioning.InProgress}, nil }
		}},
		{"Poll does not say that all is lost", "ensure/makes what is asked for", working, func(b *broken) {
			b.poll = func(context.Context, call) (answer, error) { return answer{}, errLost }
		}},
		{"Plan makes it", plans, plain, func(b *broken) {
			before(&b.plan, func(ctx context.Context, c *call) error {
				_, err := b.world.Ensure(ctx, *c)
				return err
			})
		}},
		{"Plan removes it", plans, plain, func(b *broken) {
			before(&b.plan, func(ctx context.Context, c *call) error {
				if n, _ := b.world.Count(ctx, c.Key); n == 0 {
					return nil
				}
				c.Goal = provisioning.Absent
				_, err := b.world.Release(ctx, *c)
				return err
			})
		}},
		{"Plan says nothing", plans, plain, func(b *broken) {
			b.plan = func(context.Context, call) (answer, error) { return answer{}, nil }
		}},
		{"Renew gives nothing", renews, plain, func(b *broken) {
			after(&b.renew, func(_ call, a *answer, err error) error { a.Secrets = nil; return err })
		}},
		{"Renew gives other secrets", renews, plain, func(b *broken) {
			after(&b.renew, func(_ call, a *answer, err error) error {
				a.Secrets = provisioning.Secrets{"word": {Value: []byte("canary")}}
				return err
			})
		}},
		{"Renew makes another", renews, plain, func(b *broken) {
			before(&b.renew, func(_ context.Context, c *call) error { b.another(c.Key); return nil })
		}},
	}
}
