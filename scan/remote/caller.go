package remote

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/reeve-go/reeve/storage"
)

// A caller is an agent that has shown its credential.
type caller struct {
	name, instance string
	digest         string // of its credential
	room           int64  // that it had for results when it called
	given          bool   // whether it had been given anything
}

// callerOf returns who says that a credential is its own. It has no name if that is none.
func callerOf(credential string) caller {
	name := nameIn(credential)
	if name == "" {
		return caller{}
	}
	return caller{name: name, digest: string(digestOf(credential))}
}

// see reads of the books what matters for a call.
func (c *caller) see(p *page) {
	c.instance, c.room = p.Instance, p.Room
	c.given = slices.ContainsFunc(p.snapshot.Tally, func(t storage.Tally) bool { return t.State == elementHeld && t.N > 0 })
}

// same reports whether they are the same enrolment, by whatever credentials.
func (c caller) same(o caller) bool { return c.name == o.name && c.instance == o.instance }

var errRefused = refuse(http.StatusUnauthorized, CodeRefused, "the credential is not good, or not any more")

// admits returns an error unless a caller's credential is good.
func (p *page) admits(who caller) error {
	if !has(p.Credentials, []byte(who.digest), p.now()) || p.Instance != who.instance {
		return errRefused
	}
	return nil
}

// newSecret makes a token or a credential: the agent's name, so that its account is found, and what nobody can guess.
func newSecret(name string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(name)) + "." + rand.Text() + rand.Text()
}

// nameIn returns the name in a secret; empty: it is none.
func nameIn(secret string) string {
	encoded, rest, ok := strings.Cut(secret, ".")
	name, err := base64.RawURLEncoding.DecodeString(encoded)
	if !ok || err != nil || len(rest) > mostWord || !isWord(string(name), storage.MaxName) {
		return ""
	}
	return string(name)
}

func digestOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func isSame(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// isWord reports whether s can be a name of something.
func isWord(s string, most int) bool {
	return s != "" && len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
