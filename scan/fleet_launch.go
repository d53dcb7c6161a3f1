package scan

import (
	"context"
	"errors"

	"github.com/reeve-go/reeve/provisioning"
)

// launching makes a [Launcher] a provisioner of agents. An agent's token is the name of its request. Where the outcome of a launch is not
// known it is simply launched again: the launcher finds the one that was, which a list may not show yet.
type launching struct{ Launcher }

var errInstanceEnded = errors.New("what it ran in has ended already")

// Ensure implements [provisioning.Provisioner].
func (l launching) Ensure(ctx context.Context, c provisioning.Call) (provisioning.Answer, error) {
	var spec AgentSpec
	if err := c.Into(&spec); err != nil {
		return provisioning.Answer{}, err
	}
	is, err := l.Launch(ctx, c.Request, spec)
	if err == nil && is.Gone {
		err = Fail(errInstanceEnded)
	}
	return provisioning.Answer{Handle: is.ID}, classified(err)
}

// Release implements [provisioning.Provisioner].
func (l launching) Release(ctx context.Context, c provisioning.Call) (provisioning.Answer, error) {
	return provisioning.Answer{}, classified(l.Terminate(ctx, c.Request))
}

// classified says in the words of package provisioning what [Fail] and [RetryAfter] say.
func classified(err error) error {
	class, after := classOf(err)
	switch {
	case err == nil:
		return nil
	case class == Fatal:
		return provisioning.Fatal(err)
	case after > 0:
		return provisioning.Retry(after, err)
	default:
		return err
	}
}
