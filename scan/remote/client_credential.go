package remote

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

// An identity is what an agent is known by: its key, which never leaves it, and its credential.
type identity struct {
	Key ed25519.PrivateKey `json:"key"`
	// Token is the digest of the token that the key is for, until it was used.
	Token []byte `json:"token,omitempty"`
	grant
}

// admit has the agent admitted: by what is in its file, or else by the token.
func (c *Client) admit(ctx context.Context, token string) error {
	if err := c.load(); err != nil {
		return err
	}
	id := &c.identity
	if id.Credential != "" && (token == "" || nameIn(token) == id.Name) {
		err := c.insist(ctx, "renew", func() error { return c.renew(ctx, id.Credential) }) // how old it is nobody knows
		if !errors.Is(err, ErrRefused) || token == "" {
			return err
		}
	}
	if token == "" {
		return fmt.Errorf("%w: there is no token, and no file with a credential", ErrRefused)
	}
	if nameIn(token) == "" {
		return errors.New("the token is none; what Enrol returned is right")
	}
	if !isSame(id.Token, digestOf(token)) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		*id = identity{Key: key, Token: digestOf(token)}
		if err := c.save(); err != nil { // first, so that who dies after the enrolment can ask again
			return err
		}
	}
	in := enrolment{Token: token, Key: id.Key.Public().(ed25519.PublicKey), Proof: ed25519.Sign(id.Key, signedEnrolment(token))}
	return c.insist(ctx, "enrol", func() error {
		return c.obtain(ctx, nameIn(token), in, sending{path: []string{"enrol"}, as: noCredential})
	})
}

// obtain asks for a credential of a name, once, and keeps it.
func (c *Client) obtain(ctx context.Context, name string, in any, s sending) error {
	asked := time.Now()
	var got grant
	if err := c.post(ctx, in, &got, s); err != nil {
		return err
	}
	if got.Name != name || nameIn(got.Credential) != name || got.For <= 0 {
		return errNoAnswer
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.identity.grant, c.since = got, asked
	return c.save()
}

// credential returns one that is good: that at hand, unless half of its time is over, or it was refused.
func (c *Client) credential(ctx context.Context, refused string) (string, error) {
	is, fresh := c.fresh(refused)
	if fresh {
		return is, nil
	}
	select {
	case c.renewing <- struct{}{}:
		defer func() { <-c.renewing }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if is, fresh = c.fresh(refused); fresh { // by another, meanwhile
		return is, nil
	}
	err := c.renew(ctx, is)
	switch {
	case err == nil:
		is, _ = c.fresh("")
		return is, nil
	case refused == "" && !errors.Is(err, ErrRefused):
		c.log.Warn("remote: the credential could not be renewed; it is tried again", "error", err)
		return is, nil // it may be good still
	}
	return "", err
}

func (c *Client) fresh(refused string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	is := c.identity.grant
	return is.Credential, is.Credential != refused && time.Since(c.since) < is.For/2
}

// renew asks for another credential once; who needs it tries again.
func (c *Client) renew(ctx context.Context, is string) error {
	c.mu.Lock()
	name, proof := c.identity.Name, ed25519.Sign(c.identity.Key, signedRenewal(is))
	c.mu.Unlock()
	return c.obtain(ctx, name, renewal{proof}, sending{path: []string{"renew"}, as: is})
}
