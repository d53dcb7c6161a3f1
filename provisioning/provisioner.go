package provisioning

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/reeve-go/reeve/internal/enum"
	"github.com/reeve-go/reeve/storage"
)

// A Provisioner makes resources of one type be there, and be gone. It is called with an intent that is committed, at
// least once, by any program that has it, and what it answers is recorded before anything is decided. It must be safe
// for concurrent use; of one resource no two calls go on at a time, unless a program stood still for longer than its lease.
//
// Both methods go by [Call.Key]: two calls of Ensure with one key make one resource, also if nobody heard the answer to the first,
// and Release ends whatever was made, or is being made, under the key. When the context ends a call must return
// soon, and may leave anything behind: it is asked again.
//
// What else a provisioner can do it says by further methods: see [Poller], [Finder], [Planner] and [Renewer]. Package
// provisioningtest checks its laws.
type Provisioner interface {
	// Ensure makes the resource be there, or sees that it is. [Done] means that it can be used, [InProgress] that
	// somebody works on it. Errors are told apart by [Fatal], [Retry] and [Conflict]; after any other nobody knows what
	// was done, and it is found out, or Ensure is called again. It then tells again all that nobody heard: handle,
	// attributes and secrets.
	Ensure(ctx context.Context, c Call) (Answer, error)
	// Release makes the resource be gone, whatever became of Ensure: with [Done] nothing is there any more, and nothing
	// comes into being under the key. To release what is not there is no error. The handle is empty if no answer told it.
	Release(ctx context.Context, c Call) (Answer, error)
}

// A Poller can say how far something is that was answered with [InProgress]: [Done] if it has succeeded, whether it is to make
// the resource or to release it, as [Call.Goal] says. Fatal means that it has failed for good, Retry that it has failed
// and nothing is left of it, so that the call is made again; after any other error it is asked again.
type Poller interface {
	Poll(ctx context.Context, c Call) (Answer, error)
}

// A Finder can say whether there is a resource of the key: [Done] with what it is, [InProgress] if somebody works on it, [Missing].
// It changes nothing. It is asked where the outcome of Ensure is not known, and for drift. After a lost answer it is all that is heard of the
// resource, so it tells the secrets as well; one that cannot says InProgress and when to ask again, and Ensure is called once more.
type Finder interface {
	Find(ctx context.Context, c Call) (Answer, error)
}

// A Planner can say in a sentence what Ensure would do. It changes nothing.
type Planner interface {
	Plan(ctx context.Context, c Call) (string, error)
}

// A Renewer can give a resource new secrets before the old ones expire, which stay good until then.
type Renewer interface {
	Renew(ctx context.Context, c Call) (Answer, error)
}

// A Call is what a provisioner is asked.
type Call struct {
	// Request and Resource name the resource, Type is what it was registered for.
	Request, Resource, Type string
	// Goal is [Present] in a call to Ensure, [Absent] in one to Release. For Poll it says what is waited for.
	Goal Goal
	// Key is the idempotency key: equal for every call about this generation of the resource, and for no other. A generation ends
	// with the release of what was made.
	Key        string
	Generation int
	// Operation is the order that the call is part of, to ensure or to release; Attempt counts its calls, from one.
	Operation string
	Attempt   int
	// Fence grows with every try at a call; an outside that keeps the newest can refuse an older one that comes late.
	Fence storage.Token
	// Config is what the resource is to be, as it stands in its [Spec].
	Config json.RawMessage
	// Handle is the outside's name for the resource, or for what it does about it; empty if no answer told it.
	Handle string
	// After has what is known of the resources that this one comes after, by id. It is empty for Release.
	After map[string]Known
	// Callback is where the outcome can be told, if the host takes callbacks.
	Callback Callback
}

// Into reads what the resource is to be into v, which json.Unmarshal takes. Its error is fatal.
func (c *Call) Into(v any) error {
	if err := json.Unmarshal(c.Config, v); err != nil {
		return Fatal(fmt.Errorf("the config of resource %q cannot be read: %w", c.Resource, err))
	}
	return nil
}

// A Callback is where an external provisioner tells what came of an operation, see [Manager.Handler]. It is zero if the
// host takes none.
type Callback struct {
	// URL is what to post to, Token what it is authorized with. The token is a secret: it goes to nobody but who does the work.
	URL   string
	Token Token
}

// An AnswerState says how far the outside is.
type AnswerState uint8

const (
	// Done: what was asked for is so.
	Done AnswerState = iota
	// InProgress: somebody works on it.
	InProgress
	// Missing: there is no such resource. Only a [Finder] says so.
	Missing
)

var answerStateNames = []string{Done: "done", InProgress: "in-progress", Missing: "missing"}

// String returns the state's name in lower case.
func (s AnswerState) String() string { return enum.String(answerStateNames, s, "AnswerState") }

// MarshalText returns the state's name.
func (s AnswerState) MarshalText() ([]byte, error) {
	return enum.Marshal(answerStateNames, s, "provisioning", "state of an answer")
}

// UnmarshalText accepts the name of a state.
func (s *AnswerState) UnmarshalText(text []byte) error {
	return enum.Unmarshal(answerStateNames, s, text, "provisioning", "state of an answer")
}

// An Answer is what a provisioner says. The zero value says that what was asked for is done.
type Answer struct {
	State AnswerState
	// Handle is the outside's name for the resource, or for what it does about it. It is given back in every later call.
	// Empty: the one that is known stays.
	Handle string
	// Attributes are what others have to know of the resource, such as its address. They are no place for secrets. Nil: those
	// that are known stay.
	Attributes map[string]string
	// Secrets are what is needed to use it. They are in the vault before the answer is recorded.
	Secrets Secrets
	// Again is when to ask again, from now. Zero: after a while if there is a [Poller], else when a callback comes. Where
	// there is no Poller, Ensure or Release is called again.
	Again time.Duration
	// Within is for how much longer it is worth to wait. Zero: for as long as the operation may take.
	Within time.Duration
	// Progress says for people how far it is.
	Progress string
}

// What bounds an answer, in bytes: handle and attributes as JSON, secrets as they are. One that is larger is an error.
const (
	MaxHandle     = 4 << 10
	MaxAttributes = 16 << 10
	MaxSecrets    = 64 << 10
)

// Check returns an error if the answer is larger than it may be, or contradicts itself.
func (a *Answer) Check() error {
	handle, _ := json.Marshal(a.Handle) // texts can be marshaled
	attributes, _ := json.Marshal(a.Attributes)
	switch {
	case len(handle) > MaxHandle:
		return fmt.Errorf("the handle has %d bytes; at most %d are right", len(handle), MaxHandle)
	case len(attributes) > MaxAttributes:
		return fmt.Errorf("the attributes have %d bytes; at most %d are right", len(attributes), MaxAttributes)
	case !a.isText():
		return errors.New("the handle or an attribute is not UTF-8; a text is right")
	case a.Secrets.size() > MaxSecrets:
		return fmt.Errorf("the secrets have %d bytes; at most %d are right", a.Secrets.size(), MaxSecrets)
	case a.State > Missing:
		return fmt.Errorf("its state is %v; done, in-progress and missing are right", a.State)
	case a.Again < 0 || a.Within < 0:
		return fmt.Errorf("it wants to be asked again after %v and within %v; neither may be negative", a.Again, a.Within)
	}
	return nil
}

func (a *Answer) isText() bool {
	for name, value := range a.Attributes {
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return false
		}
	}
	return utf8.ValidString(a.Handle)
}
