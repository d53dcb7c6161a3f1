package provisioningtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

// answerMutants break what is demanded of every answer.
func answerMutants() []mutant {
	const makes = "ensure/makes what is asked for"
	says := func(do func(a *answer, err error) error) func(*broken) {
		return func(b *broken) {
			after(&b.ensure, func(_ call, a *answer, err error) error { return do(a, err) })
		}
	}
	fails := func(err error) func(*broken) {
		return func(b *broken) { before(&b.ensure, func(context.Context, *call) error { return err }) }
	}
	secret := func(a *answer) string { return string(a.Secrets["password"].Value) }
	return []mutant{
		{"a handle is too long", makes, plain, says(func(a *answer, err error) error {
			a.Handle = strings.Repeat("x", provisioning.MaxHandle+1)
			return err
		})},
		{"Ensure says that it is missing", makes, plain, says(func(a *answer, err error) error { a.State = provisioning.Missing; return err })},
		{"a secret is in the attributes", makes, plain, says(func(a *answer, err error) error {
			a.Attributes["url"] = "https://user:" + secret(a) + "@host.example"
			return err
		})},
		{"a secret is in the handle", makes, plain, says(func(a *answer, err error) error { a.Handle = secret(a); return err })},
		{"a secret is in an error", "renew/gives secrets of the same names, and leaves the resource", plain, func(b *broken) {
			after(&b.renew, func(c call, a *answer, err error) error {
				if b.note(c.Key) == 1 {
					return fmt.Errorf("it cannot be had with %s", strings.TrimSuffix(secret(a), "1")+"0")
				}
				return err
			})
		}},
		{"Ensure panics", makes, plain, says(func(*answer, error) error { panic("oh") })},
		{"Ensure always fails", makes, plain, fails(errLost)},
		{"Ensure always wants to be called again", makes, plain, fails(provisioning.Retry(time.Minute, errBusy))},
		{"Ensure fails for good", makes, plain, fails(provisioning.Fatal(errBroken))},
		{"Ensure says that it did nothing, and did", makes, plain, func(b *broken) {
			after(&b.ensure, func(c call, _ *answer, err error) error {
				if b.note(c.Key) == 1 {
					return provisioning.Retry(0, errBusy)
				}
				return err
			})
		}},
		{"Ensure never returns", makes, plain, func(b *broken) {
			before(&b.ensure, func(context.Context, *call) error { <-time.After(1000 * time.Hour); return nil })
		}},
		{"nobody hears how it ends", makes, working, func(b *broken) {
			after(&b.ensure, func(_ call, a *answer, err error) error { a.Again = 0; return err })
			b.subject.Provisioner = struct{ provisioning.Provisioner }{b}
		}},
		{"Ensure goes on without end", makes, working, func(b *broken) {
			b.ensure = func(context.Context, call) (answer, error) {
				return answer{State: provisioning.InProgress, Again: time.Minute}, nil
			}
			b.subject.Provisioner = struct{ provisioning.Provisioner }{b}
		}},
		{"Release fails for good", "release/nothing is left", plain, func(b *broken) {
			before(&b.release, func(context.Context, *call) error { return provisioning.Fatal(errors.New("it cannot be released")) })
		}},
	}
}

// cancelMutants do not see that their context ends.
func cancelMutants() []mutant {
	var out []mutant
	for m, of := range map[method]func(*broken) *does{
		ensure:  func(b *broken) *does { return &b.ensure },
		release: func(b *broken) *does { return &b.release },
		poll:    func(b *broken) *does { return &b.poll },
		find:    func(b *broken) *does { return &b.find },
		plan:    func(b *broken) *does { return &b.plan },
		renew:   func(b *broken) *does { return &b.renew },
	} {
		out = append(out, mutant{
			string(m) + " does not see that its context ends", "cancel/" + string(m) + " returns soon when its context ends", working,
			func(b *broken) {
				before(of(b), func(context.Context, *call) error { <-time.After(5 * time.Minute); return nil })
			},
		})
	}
	return out
}
