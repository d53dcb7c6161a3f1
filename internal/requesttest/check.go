package requesttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

type record = supervision.Record[provisioning.Request, provisioning.Status]

// look returns a manager that looks at the store as it is.
func (e *Estate) look() (*provisioning.Manager, error) { return e.Manager(e.store) }

// Always is what holds at any moment: nothing is made that nobody intended, or twice; a request that has ended has left nothing behind; one that has
// not goes on.
func (e *Estate) Always(ctx context.Context) error {
	e.mu.Lock()
	wrong := e.wrong
	e.mu.Unlock()
	if err := errors.Join(wrong, e.World.Err()); err != nil {
		return err
	}
	m, err := e.look()
	if err != nil {
		return err
	}
	for r, err := range m.Requests.List(ctx, nil) {
		if err == nil {
			err = e.checkRequest(ctx, m, &r)
		}
		if err != nil {
			return fmt.Errorf("request %s (%s): %w", r.Key.ID, r.State, err)
		}
	}
	return nil
}

func (e *Estate) checkRequest(ctx context.Context, m *provisioning.Manager, r *record) error {
	states := map[string]provisioning.ResourceState{}
	for el, err := range m.Resources(ctx, r.Key.ID) {
		if err != nil {
			return err
		}
		states[el.Name] = el.State
		if el.State == provisioning.ResourceAbandoned && el.Data.Abandoned == "" {
			return fmt.Errorf("%s is abandoned without a reason", el.Name)
		}
	}
	switch r.State {
	case provisioning.Deprovisioned:
		for _, left := range e.World.Left(r.Key.ID) {
			if states[left.Resource] != provisioning.ResourceAbandoned {
				return fmt.Errorf("%s is still there under the key %s", left.Resource, left.Key)
			}
		}
		return nil
	case provisioning.Failed:
		if r.Data.Error == "" {
			return errors.New("it failed and does not say why")
		}
		return nil
	case provisioning.Provisioned:
		return nil
	}
	if r.Status != storage.OK {
		return nil // somebody has to do something
	}
	return e.goesOn(ctx, r)
}

// goesOn checks that a request gets a turn sooner or later, unless it had one meanwhile.
func (e *Estate) goesOn(ctx context.Context, r *record) error {
	key := r.Key
	seen, err := e.store.Load(ctx, []storage.Key{key})
	if err != nil || seen[0].Version != r.Version || !seen[0].Due.IsZero() {
		return err
	}
	q := storage.EffectQuery{From: key, Statuses: []storage.EffectStatus{storage.EffectPending, storage.EffectRunning}, Limit: 1}
	for _, err := range e.store.Effects(ctx, q) {
		return err // its outcome brings it to a turn
	}
	open := storage.MessageQuery{To: key, Statuses: []storage.MessageStatus{storage.MessageOpen}, Limit: 1}
	for _, err := range e.store.Messages(ctx, open) {
		return err
	}
	again, err := e.store.Load(ctx, []storage.Key{key})
	if err != nil || again[0].Version != r.Version || !again[0].Due.IsZero() {
		return err
	}
	return e.stuck(ctx, key.ID, "it waits for nothing, and will never go on")
}

// stuck says what a request waits for that should not wait.
func (e *Estate) stuck(ctx context.Context, id, text string) error {
	m, err := e.look()
	if err != nil {
		return err
	}
	steps, err := m.Plan(ctx, id)
	return errors.Join(fmt.Errorf("%s: %v", text, steps), err)
}

// Finally is what holds in the end: each request is where it rests, the vault has the secrets of what is there and nothing else, and no
// secret is anywhere else.
func (e *Estate) Finally(ctx context.Context) error {
	m, err := e.look()
	if err != nil {
		return err
	}
	if _, err := m.Sweep(ctx); err != nil {
		return err
	}
	needed := map[provisioning.SecretKey]bool{}
	for r, err := range m.Requests.List(ctx, nil) {
		if err != nil {
			return err
		}
		if !isAtRest(r.State) && r.Status == storage.OK {
			return e.stuck(ctx, r.Key.ID, fmt.Sprintf("request %s has not come to its end: it is %s", r.Key.ID, r.State))
		}
		if err := e.checkContents(ctx, m, &r, needed); err != nil {
			return fmt.Errorf("request %s: %w", r.Key.ID, err)
		}
	}
	for key, err := range e.vault.Keys(ctx) {
		if err != nil {
			return err
		}
		if !needed[key] {
			return fmt.Errorf("the vault has the secrets of %v, which nothing needs", key)
		}
	}
	return nil
}

// isAtRest reports whether a request stays there unless somebody does something.
func isAtRest(s provisioning.Status) bool {
	return s == provisioning.Provisioned || s == provisioning.Deprovisioned || s == provisioning.Failed
}

// checkContents looks for secrets, and notes those that the vault is to have.
func (e *Estate) checkContents(ctx context.Context, m *provisioning.Manager, r *record, needed map[provisioning.SecretKey]bool) error {
	for el, err := range m.Resources(ctx, r.Key.ID) {
		if err != nil {
			return err
		}
		if el.Data.Asked {
			needed[provisioning.SecretKey{Request: r.Key.ID, Resource: el.Name, Generation: el.Data.Generation}] = true
		}
		finds := el.Data.Type == "found" || el.Data.Type == "whole" // and then does not tell the secrets
		if el.State == provisioning.ResourcePresent && el.Data.Secrets == nil && !finds {
			return fmt.Errorf("%s is there and its secrets are not", el.Name)
		}
		if el.State == provisioning.ResourcePresent && el.Data.Secrets != nil {
			if _, err := e.vault.Get(ctx, *el.Data.Secrets); err != nil {
				return fmt.Errorf("%s is there, and of its secrets the vault says: %w", el.Name, err)
			}
		}
	}
	for stored, err := range e.store.Elements(ctx, r.Key, storage.ElementQuery{}) {
		if err != nil {
			return err
		}
		if bytes.Contains(stored.Data, []byte("canary")) {
			return fmt.Errorf("a secret of %s is stored: %s", stored.Name, stored.Data)
		}
	}
	for msg, err := range e.store.Messages(ctx, storage.MessageQuery{To: r.Key}) {
		if err != nil {
			return err
		}
		if bytes.Contains(msg.Body, []byte("canary")) {
			return fmt.Errorf("a secret is in a message: %s", msg.Body)
		}
	}
	return nil
}
