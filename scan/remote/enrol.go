package remote

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Enrol invites an agent: the token it returns is good for one enrolment under the name, within that time. It is a secret, for the agent alone, and is
// not kept. An agent of a [scan.Fleet] has the name that it is launched with. A launcher may be asked twice, so several tokens of a name are good, four at the most: the
// first that is used ends the others. What an agent of the name was admitted by before is good until then.
func (s *Server) Enrol(ctx context.Context, name string, within time.Duration) (token string, err error) {
	switch {
	case !isWord(name, storage.MaxName):
		return "", fmt.Errorf("remote: an agent cannot be called %.100q; 1 to %d bytes without control characters are right", name, storage.MaxName)
	case within < time.Second:
		return "", fmt.Errorf("remote: agent %q: %v to enrol is too short; a second or more is right", name, within)
	}
	if err := s.books.makeRoom(ctx, name); err != nil {
		return "", err
	}
	token = newSecret(name)
	err = s.books.change(ctx, name, func(p *page) error {
		p.Tokens = with(p.Tokens, digestOf(token), p.now(), p.now().Add(within))
		return nil
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// Revoke ends what an agent is admitted by: no token and no credential of that name is good from now on. What it has is another's when its leases
// have ended. A name that is not known is no error.
func (s *Server) Revoke(ctx context.Context, name string) error {
	err := s.books.change(ctx, name, func(p *page) error {
		if p.snapshot.Version == 0 {
			return errNobody
		}
		p.account = account{Room: p.Room}
		return nil
	})
	if errors.Is(err, errNobody) {
		return nil
	}
	return err
}

var errNobody = errors.New("nobody has that name")

// keepFor is for how long an agent is known that is not admitted any more: replies may still be on their way.
const keepFor = 24 * time.Hour

// makeRoom forgets agents that are not admitted any more if there are as many as may be. It returns an error if there is no room for another.
func (b *books) makeRoom(ctx context.Context, name string) error {
	p, err := b.open(ctx, name)
	if err != nil || p.snapshot.Version > 0 {
		return err
	}
	states, err := b.records.Count(ctx, b.kind)
	n := 0
	for _, in := range states {
		n += in
	}
	if err != nil || n < b.most {
		return err
	}
	var changes []storage.Change
	for r, err := range b.records.List(ctx, storage.Query{Kind: b.kind}) {
		if err != nil {
			return err
		}
		var a account
		if decode(r.Data, &a) == nil && a.over(p.now().Add(-keepFor), r.Since) {
			changes = append(changes, storage.Change{Key: r.Key, Version: r.Version, Delete: true})
		}
	}
	if len(changes) == 0 {
		return fmt.Errorf("remote: %d agents are known, which is the most there may be; revoke some, or allow more", n)
	}
	for some := range slices.Chunk(changes, 500) {
		if _, err := b.records.Apply(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// over reports whether nothing of an account has been good since then.
func (a *account) over(then, since time.Time) bool {
	for _, s := range slices.Concat(a.Tokens, a.Credentials) {
		if s.Until.After(then) {
			return false
		}
	}
	return !since.After(then)
}

// mostEnrolment is how many bytes the body of an enrolment has at most.
const mostEnrolment = 4 << 10

// enrol admits the agent that has a token. Who asks again with the same key is answered again, as the first answer may be lost; with another key
// the token is not good any more.
func (s *Server) enrol(c *call) (any, error) {
	var in enrolment
	body, err := c.body(mostEnrolment)
	if err == nil {
		err = c.comeIn() // now, so that those who send slowly keep nobody out
	}
	if err == nil {
		err = decode(body, &in)
	}
	if err != nil {
		return nil, err
	}
	name := nameIn(in.Token)
	if name == "" || len(in.Key) != ed25519.PublicKeySize || !ed25519.Verify(in.Key, signedEnrolment(in.Token), in.Proof) {
		return nil, refuse(http.StatusBadRequest, CodeInvalid, "a token, a key, and a proof made with it are needed")
	}
	return s.grant(c.ctx, name, func(p *page) error {
		token := digestOf(in.Token)
		again := p.Used.is(token, p.now())
		switch {
		case again && !isSame(p.Key, in.Key):
			return refuse(http.StatusForbidden, CodeUsed, "another has enrolled with this token")
		case again:
		case has(p.Tokens, token, p.now()):
			i := slices.IndexFunc(p.Tokens, func(s secret) bool { return isSame(s.Digest, token) })
			p.account = account{Used: p.Tokens[i], Key: in.Key, Instance: rand.Text(), Room: p.Room}
		default:
			return refuse(http.StatusUnauthorized, CodeRefused, "the token is not good, or not any more")
		}
		return nil
	})
}

// renew gives an agent another credential. The one it has stays good until its end, as the answer may be lost.
func (s *Server) renew(c *call) (any, error) {
	in, err := read[renewal](c)
	if err != nil {
		return nil, err
	}
	over, err := c.alone(c.ctx)
	if err != nil {
		return nil, err
	}
	defer over()
	return s.grant(c.ctx, c.caller.name, func(p *page) error {
		if err := p.admits(c.caller); err != nil {
			return err
		}
		if !ed25519.Verify(p.Key, signedRenewal(c.bearer()), in.Proof) {
			return refuse(http.StatusForbidden, CodeForbidden, "the proof was not made with the key of the enrolment")
		}
		return nil
	})
}

// grant adds a credential, if a function that is called before has nothing against it.
func (s *Server) grant(ctx context.Context, name string, before func(p *page) error) (any, error) {
	var out grant
	err := s.books.change(ctx, name, func(p *page) error {
		if err := before(p); err != nil {
			return err
		}
		credential := newSecret(name)
		p.Credentials = with(p.Credentials, digestOf(credential), p.now(), p.now().Add(s.o.Credential))
		out = grant{Name: name, Instance: p.Instance, Credential: credential, For: s.o.Credential}
		return nil
	})
	if err == nil {
		s.faces.keep(callerOf(out.Credential))
	}
	return out, err
}
