package provisioning

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"time"
)

// A Vault keeps the secrets of resources. Reeve writes them there before it records that there are any, and keeps only
// the keys: no secret is in a record, a message, the history, a log or an error. It must be safe for concurrent use. [MemoryVault] is one.
type Vault interface {
	// Put keeps the secrets under the key, instead of what was there.
	Put(ctx context.Context, key SecretKey, s Secrets) error
	// Get returns what is kept under the key, or [ErrNoSecret].
	Get(ctx context.Context, key SecretKey) (Secrets, error)
	// Delete removes what is kept under the key. To remove what is not there is no error.
	Delete(ctx context.Context, key SecretKey) error
	// Keys yields all keys that something is kept under, in any order. What changes meanwhile may or may not be seen. The
	// sequence ends with the first error.
	Keys(ctx context.Context) iter.Seq2[SecretKey, error]
}

// ErrNoSecret: nothing is kept under the key.
var ErrNoSecret = errors.New("no such secret")

// A SecretKey says whose secrets they are: those of one generation of a resource.
type SecretKey struct {
	Request    string `json:"request"`
	Resource   string `json:"resource"`
	Generation int    `json:"generation"`
}

// String names request, resource and generation.
func (k SecretKey) String() string {
	return fmt.Sprintf("%q/%q/%d", k.Request, k.Resource, k.Generation)
}

// Secrets are named secrets of one resource.
type Secrets map[string]Secret

func (s Secrets) size() int {
	n := 0
	for name, secret := range s {
		n += len(name) + len(secret.Value)
	}
	return n
}

// A Secret is a value that nobody may see. Whatever prints, logs or marshals it shows that there is one, and no more.
type Secret struct {
	Value []byte
	// Expires is when it is no longer good; zero: never, or nobody knows.
	Expires time.Time
}

const hidden = "[secret]"

// Format prints that it is a secret.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue logs that it is a secret.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText writes that it is a secret: a vault has to write Value itself.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// A Token authorizes the callbacks of one operation. Like a [Secret] it does not show itself; Reveal returns it.
type Token struct{ value string }

// Reveal returns the token, to be told to who does the work.
func (t Token) Reveal() string { return t.value }

// Format prints that it is a secret.
func (Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue logs that it is a secret.
func (Token) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText writes that it is a secret.
func (Token) MarshalText() ([]byte, error) { return []byte(hidden), nil }
