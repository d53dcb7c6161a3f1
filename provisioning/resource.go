package provisioning

import (
	"encoding/json"
	"time"
)

// A Resource is what is known of a resource: the data of an element of its request. It holds no secrets.
type Resource struct {
	// Type, Config, After and Gated are those of its [Spec]. Before are the ids of those that come after it.
	Type   string          `json:"type"`
	Config json.RawMessage `json:"config,omitempty"`
	After  []string        `json:"after,omitempty"`
	Before []string        `json:"before,omitempty"`
	Gated  bool            `json:"gated,omitempty"`
	// Generation counts the resources that were made for it. Key is the idempotency key of this one.
	Generation int    `json:"generation,omitempty"`
	Key        string `json:"key,omitempty"`
	// Asked: a call of Ensure was intended, so that something may be there.
	Asked bool `json:"asked,omitempty"`
	// Foreign: what is there under its name is somebody else's, and is not released.
	Foreign bool `json:"foreign,omitempty"`
	// Doubt is when a call of Ensure was last given up that may yet take effect.
	Doubt time.Time `json:"doubt,omitzero"`
	// Known is what the provisioner told of it.
	Known
	// Expires is when the first of its secrets does, Renewal when a [Renewer] is asked for new ones.
	Expires time.Time `json:"expires,omitzero"`
	Renewal time.Time `json:"renewal,omitzero"`
	// Op is the operation under way, Past are those before it, newest first; not all of them are kept.
	Op   Operation   `json:"op,omitzero"`
	Past []Operation `json:"past,omitempty"`
	// Error is what went wrong last, empty once it went well.
	Error string `json:"error,omitempty"`
	// Drift is how it differed, when it was last looked at, from what was provisioned; empty: it did not. Seen is when that was.
	Drift string    `json:"drift,omitempty"`
	Seen  time.Time `json:"seen,omitzero"`
	// Abandoned is why nobody cares for it any more.
	Abandoned string `json:"abandoned,omitempty"`
}

// Known is what a provisioner told of a resource.
type Known struct {
	Handle     string            `json:"handle,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	// Secrets is where its secrets are in the [Vault]; nil: it has none.
	Secrets *SecretKey `json:"secrets,omitempty"`
}

// An Operation is one order about a resource: to ensure it, or to release it. It consists of one call or several.
type Operation struct {
	// ID names it, to the provisioner as well. Goal is what it is to bring about.
	ID   string `json:"id,omitempty"`
	Goal Goal   `json:"goal,omitempty"`
	// Began is when it was begun, Deadline when its time is up.
	Began    time.Time `json:"began,omitzero"`
	Deadline time.Time `json:"deadline,omitzero"`
	// Attempts is how often Ensure or Release was called, Failures how many calls of any sort failed in a row.
	Attempts int `json:"attempts,omitempty"`
	Failures int `json:"failures,omitempty"`
	// Call is the effect that is under way; empty: none is. Doing says what it does.
	Call  string `json:"call,omitempty"`
	Doing Action `json:"doing,omitempty"`
	// Next is when the next call may be made; zero: at once or, where the provisioner calls back, when it has done so.
	Next time.Time `json:"next,omitzero"`
	// Looking: it was released, and what is left to do is to look whether it stays away.
	Looking bool `json:"looking,omitempty"`
	// LastLook: its time is up, and it is asked once more how it went.
	LastLook bool `json:"last_look,omitempty"`
	// Progress is what was last said of how far it is.
	Progress string `json:"progress,omitempty"`
	// Proof is the hash of the token that authorizes its callbacks.
	Proof []byte `json:"proof,omitempty"`
	// Heard are the callbacks that were taken down, newest first; not all of them are kept.
	Heard []string `json:"heard,omitempty"`
	// Ended says how it ended; empty: it has not.
	Ended Ending `json:"ended,omitempty"`
}

// An Ending says how an operation ended.
type Ending string

// The ways in which an operation ends.
const (
	Succeeded  Ending = "succeeded"
	GivenUp    Ending = "given up"
	Superseded Ending = "superseded"
)

const (
	keptOperations = 4
	keptHeard      = 16
)

// open reports whether the operation is under way.
func (o *Operation) open() bool { return o.ID != "" && o.Ended == "" }

// end ends the operation under way, if one is, and keeps it for those who come too late.
func (r *Resource) end(how Ending) {
	if r.Op.open() {
		past := r.Op
		past.Ended, past.Call, past.Doing, past.Next = how, "", "", time.Time{}
		r.Past = append([]Operation{past}, r.Past[:min(len(r.Past), keptOperations-1)]...)
	}
	r.Op = Operation{}
}

// operation returns the operation of that id, if it is known.
func (r *Resource) operation(id string) *Operation {
	if r.Op.ID == id && id != "" {
		return &r.Op
	}
	for i := range r.Past {
		if r.Past[i].ID == id {
			return &r.Past[i]
		}
	}
	return nil
}
