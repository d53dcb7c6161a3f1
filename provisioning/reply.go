package provisioning

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/reeve-go/reeve/internal/text"
)

// An order is what an effect is performed with. The token for callbacks is not in it: it follows from the operation.
type order struct {
	Do         Action           `json:"do"`
	Goal       Goal             `json:"goal"`
	Key        string           `json:"key"`
	Generation int              `json:"generation"`
	Operation  string           `json:"operation,omitempty"`
	Attempt    int              `json:"attempt,omitempty"`
	Config     json.RawMessage  `json:"config,omitempty"`
	Handle     string           `json:"handle,omitempty"`
	After      map[string]Known `json:"after,omitempty"`
}

// releases reports whether a resource is gone once the call is done.
func (o *order) releases() bool { return o.Do == Release || o.Do == Poll && o.Goal == Absent }

// A class says what an error means for what comes next.
type class string

const (
	uncertain class = "uncertain" // nobody knows what was done
	retryable class = "retryable" // nothing was done
	fatal     class = "fatal"
	conflict  class = "conflict"
	withheld  class = "withheld" // the call was not made
)

// A reply is what came of a call, as it is recorded: an [Answer] without secrets, or an error.
type reply struct {
	// Call is the effect that it is the outcome of; empty: somebody called back.
	Call       string            `json:"call,omitempty"`
	State      AnswerState       `json:"state,omitempty"`
	Handle     string            `json:"handle,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	Secrets    *SecretKey        `json:"secrets,omitempty"`
	Expires    time.Time         `json:"expires,omitzero"`
	Again      time.Duration     `json:"again,omitempty"`
	Within     time.Duration     `json:"within,omitempty"`
	Progress   string            `json:"progress,omitempty"`
	// Class is that of the error; empty: there is none. After is when to try again at the earliest.
	Class class         `json:"class,omitempty"`
	Error string        `json:"error,omitempty"`
	After time.Duration `json:"after,omitempty"`
}

// maxReason bounds the text of an error that is recorded.
const maxReason = 2 << 10

// replyOf returns what is recorded of an answer whose secrets, if it has any, are in the vault under the key.
func replyOf(a *Answer, key SecretKey) reply {
	r := reply{
		State: a.State, Handle: a.Handle, Attributes: a.Attributes,
		Again: a.Again, Within: a.Within, Progress: text.Clip(a.Progress, maxReason),
	}
	if len(a.Secrets) > 0 {
		r.Secrets = &key
	}
	for _, s := range a.Secrets {
		if !s.Expires.IsZero() && (r.Expires.IsZero() || s.Expires.Before(r.Expires)) {
			r.Expires = s.Expires
		}
	}
	return r
}

// failure returns what is recorded of an error.
func failure(err error) reply {
	if err == nil {
		return reply{}
	}
	r := reply{Class: uncertain, Error: text.Clip(err.Error(), maxReason)}
	if _, ok := errors.AsType[*ConflictError](err); ok {
		r.Class = conflict
	} else if _, ok := errors.AsType[*FatalError](err); ok {
		r.Class = fatal
	} else if retry, ok := errors.AsType[*RetryError](err); ok {
		r.Class, r.After = retryable, max(retry.After, 0)
	}
	return r
}
