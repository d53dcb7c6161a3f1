package provisioning

import (
	"fmt"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A Drift tells the owner of a request how a resource differs from what was provisioned.
type Drift struct {
	Request  string `json:"request"`
	Resource string `json:"resource"`
	// Text says in what; empty: in nothing any more.
	Text string `json:"text,omitempty"`
}

// Drifted is sent to the owner of a request when a look at a resource that is there finds something else than the one before.
var Drifted = supervision.NewMessage[Drift]("provisioning.drift")

// takeDrift records what a look at a resource has found.
func (w *work) takeDrift(el *element, drift string) {
	r, owner := el.Data, w.t.Data.Owner
	if drift != r.Drift && owner != (storage.Key{}) {
		Drifted.Send(w.t, owner, Drift{Request: w.t.Key.ID, Resource: el.Name, Text: drift})
	}
	r.Seen, r.Drift, r.Op = w.t.Now, drift, Operation{}
}

// driftOf says how a resource differs from what was provisioned.
func driftOf(r *Resource, a *reply) string {
	switch a.State {
	case Missing:
		return goneDrift
	case InProgress:
		return ""
	case Done:
	}
	for _, name := range slices.Sorted(maps.Keys(a.Attributes)) {
		if was, known := r.Attributes[name]; known && was != a.Attributes[name] {
			return fmt.Sprintf("its %s is %q instead of %q", name, a.Attributes[name], was)
		}
	}
	return ""
}

// goneDrift is the drift of a resource that is not there any more.
const goneDrift = "it is gone"
