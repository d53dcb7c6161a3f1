package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// The books say who is admitted, and what each agent was given and has put. An agent has one record, so that whoever changes it is alone.
type books struct {
	records storage.Records
	kind    string
	most    int
}

// The states of an agent's record.
const (
	stateInvited = "invited"
	stateKnown   = "known"
	stateRevoked = "revoked"
)

// An account is what the books say of an agent. Of secrets there are digests only.
type account struct {
	// Tokens are those that it may enrol with.
	Tokens []secret `json:"tokens,omitempty"`
	// Used is the one that it has enrolled with, Key the public key that it has done so with, Instance that enrolment, and Credentials are those that are good.
	Used        secret   `json:"used,omitzero"`
	Key         []byte   `json:"key,omitempty"`
	Instance    string   `json:"instance,omitempty"`
	Credentials []secret `json:"credentials,omitempty"`
	// Room is how many bytes of results it may put.
	Room int64 `json:"room,omitempty"`
}

// A secret is what is kept of a token or a credential.
type secret struct {
	Digest []byte    `json:"digest"`
	Until  time.Time `json:"until"`
}

// is reports whether a digest is its own, and it is good by now.
func (s secret) is(digest []byte, now time.Time) bool {
	return isSame(s.Digest, digest) && now.Before(s.Until)
}

// mostSecrets is how many tokens, and how many credentials, an agent has at most: the newest ones.
const mostSecrets = 4

// with adds a secret to those that are good still.
func with(all []secret, digest []byte, now, until time.Time) []secret {
	all = slices.DeleteFunc(all, func(s secret) bool { return !now.Before(s.Until) })
	all = append(all, secret{digest, until})
	return all[max(0, len(all)-mostSecrets):]
}

// has reports whether a secret is one of these.
func has(all []secret, digest []byte, now time.Time) bool {
	found := false
	for _, s := range all { // each of them, so that the time tells nothing
		found = s.is(digest, now) || found
	}
	return found
}

// A page is an account as it was read, or is about to be written.
type page struct {
	account

	name     string
	snapshot storage.Snapshot
	elements []storage.Element
	gone     []string
}

func (p *page) now() time.Time { return p.snapshot.Now }

// state returns what becomes of the record's state.
func (p *page) state() string {
	switch {
	case len(p.Credentials) > 0:
		return stateKnown
	case len(p.Tokens) > 0:
		return stateInvited
	}
	return stateRevoked
}

func (b *books) key(name string) storage.Key { return storage.Key{Kind: b.kind, ID: name} }

// open reads an account. One that does not exist is empty.
func (b *books) open(ctx context.Context, name string) (*page, error) {
	all, err := b.records.Load(ctx, []storage.Key{b.key(name)})
	if err != nil {
		return nil, fmt.Errorf("remote: agent %q: %w", name, err)
	}
	p := &page{name: name, snapshot: all[0]}
	if p.snapshot.Version > 0 {
		if err := json.Unmarshal(p.snapshot.Data, &p.account); err != nil {
			return nil, fmt.Errorf("remote: the record of agent %q: %w", name, err)
		}
	}
	return p, nil
}

// change has an account changed by a function, which is called again if another was faster. If it returns an error nothing changes.
func (b *books) change(ctx context.Context, name string, by func(p *page) error) error {
	const tries = 100
	for range tries {
		p, err := b.open(ctx, name)
		if err == nil {
			err = by(p)
		}
		if err == nil && len(p.elements) > 0 {
			err = b.forget(ctx, p)
		}
		if err != nil {
			return err
		}
		err = b.write(ctx, p)
		if !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrExists) && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
	}
	return fmt.Errorf("remote: agent %q: others change its record all the time", name)
}

func (b *books) write(ctx context.Context, p *page) error {
	data, err := json.Marshal(p.account)
	if err != nil {
		return err
	}
	c := storage.Change{
		Key: b.key(p.name), Version: p.snapshot.Version, Elements: p.elements, Gone: p.gone, Record: storage.Record{State: p.state(), Data: data},
	}
	answers, err := b.records.Apply(ctx, []storage.Change{c})
	if err == nil {
		err = answers[0]
	}
	if err != nil {
		return fmt.Errorf("remote: agent %q: %w", p.name, err)
	}
	return nil
}
