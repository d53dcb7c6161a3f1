package provisioning

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/supervision"
)

var (
	errForgotten = errors.New("the program that made the call ended before it could tell what came of it")
	errNoVault   = errors.New("the answer has secrets, and the manager has no vault; set Options.Vault")
)

// perform makes a call, and returns what is recorded of it, whatever happens.
func (m *Manager) perform(ctx context.Context, of *provisioner, c supervision.Call, o order) reply {
	r := m.performed(ctx, of, c, o)
	r.Call = c.ID
	return r
}

func (m *Manager) performed(ctx context.Context, of *provisioner, c supervision.Call, o order) reply {
	if c.Attempt > 1 && o.Do == Ensure {
		return failure(errForgotten)
	}
	if wait := of.breaker.open(time.Now()); wait > 0 {
		return reply{Class: withheld, After: wait, Error: "its provisioner fails all the time; it is left alone for a while"}
	}
	key := SecretKey{c.From.ID, c.Element, o.Generation}
	call := Call{
		Request: key.Request, Resource: key.Resource, Type: of.typ, Goal: o.Goal, Key: o.Key, Generation: o.Generation,
		Operation: o.Operation, Attempt: o.Attempt, Fence: c.Fence, Config: o.Config, Handle: o.Handle, After: o.After,
	}
	if o.Do == Ensure || o.Do == Release {
		call.Callback = m.callbackFor(&call)
	}
	a, err := ask(ctx, of, o.Do, call)
	if ctx.Err() == nil || errors.Is(ctx.Err(), context.DeadlineExceeded) { // else it was called off
		of.breaker.note(err, time.Now())
	}
	if err == nil {
		err = m.settleSecrets(ctx, key, &o, &a)
	}
	return m.recorded(ctx, key, call.Callback.Token, &a, err)
}

// ask calls the method of the provisioner. A panic is an error.
func ask(ctx context.Context, of *provisioner, do Action, c Call) (a Answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the provisioner panicked: %v", v)
		}
	}()
	switch {
	case do == Ensure:
		a, err = of.Ensure(ctx, c)
	case do == Release:
		a, err = of.Release(ctx, c)
	case do == Poll && of.poller != nil:
		a, err = of.poller.Poll(ctx, c)
	case do == Find && of.finder != nil:
		a, err = of.finder.Find(ctx, c)
	case do == Renew && of.renewer != nil:
		a, err = of.renewer.Renew(ctx, c)
	default:
		return a, fmt.Errorf("the provisioner of type %q cannot %s; another program, that decided so, has one that can", of.typ, do)
	}
	if err == nil {
		err = a.Check()
	}
	switch {
	case err != nil:
	case a.State == Missing && do != Find:
		err = fmt.Errorf("the answer to %s is that nothing is there; only a Finder can say that", do)
	case do == Renew && len(a.Secrets) == 0:
		err = errors.New("the answer to renew has no secrets")
	}
	return a, err
}

// settleSecrets puts the secrets of an answer into the vault. When a resource is gone its secrets are, too.
func (m *Manager) settleSecrets(ctx context.Context, key SecretKey, o *order, a *Answer) error {
	if err := m.keepSecrets(ctx, key, a.Secrets); err != nil {
		return err
	}
	if o.releases() && a.State == Done && m.options.Vault != nil {
		return m.options.Vault.Delete(ctx, key)
	}
	return nil
}

// recorded returns what is recorded of an answer whose secrets are settled, or of an error.
func (m *Manager) recorded(ctx context.Context, key SecretKey, token Token, a *Answer, err error) reply {
	r := failure(err)
	if err == nil {
		r = replyOf(a, key)
	}
	r.Error = m.redact(ctx, key, token, a.Secrets, r.Error)
	r.Progress = m.redact(ctx, key, token, a.Secrets, r.Progress)
	return r
}

// keepSecrets puts secrets into the vault. What a provisioner has told it may never tell again, so it is tried more than once.
func (m *Manager) keepSecrets(ctx context.Context, key SecretKey, s Secrets) (err error) {
	if len(s) == 0 {
		return nil
	}
	if m.options.Vault == nil {
		return Fatal(errNoVault)
	}
	for wait := 10 * time.Millisecond; wait < time.Second; wait *= 4 {
		if err = m.options.Vault.Put(ctx, key, s); err == nil || ctx.Err() != nil {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	if err != nil {
		return fmt.Errorf("its secrets cannot be kept: %w", err)
	}
	return nil
}

// redact takes the secrets of a resource out of a text.
func (m *Manager) redact(ctx context.Context, key SecretKey, token Token, told Secrets, text string) string {
	if text == "" {
		return ""
	}
	secrets := []string{token.value}
	for _, s := range told {
		secrets = append(secrets, string(s.Value))
	}
	if m.options.Vault != nil {
		kept, _ := m.options.Vault.Get(ctx, key)
		for _, s := range kept {
			secrets = append(secrets, string(s.Value))
		}
	}
	return without(secrets, text)
}
