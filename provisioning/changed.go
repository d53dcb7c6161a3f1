package provisioning

import (
	"encoding/json"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// Changed is what the owner of a request is told.
type Changed struct {
	Request string `json:"request"`
	// Status is where it is, Was where it was, Goal what is to become of it.
	Status Status `json:"status"`
	Was    Status `json:"was"`
	Goal   Goal   `json:"goal"`
	// Reason is why it was terminated, Error what went wrong for good.
	Reason string `json:"reason,omitempty"`
	Error  string `json:"error,omitempty"`
	// Resources is what is known of them, by id, once the request is [Provisioned]. It is nil if that is more than 256 KiB: then
	// [Manager.Resources] has it.
	Resources map[string]Known `json:"resources,omitempty"`
}

// StatusChanged is sent to the owner of a request in the commit in which its status changes.
var StatusChanged = supervision.NewMessage[Changed]("provisioning.status")

// tell tells the owner if the status is about to change.
func (w *work) tell() {
	t := w.t
	is := statusOf(t.Data, func(states ...ResourceState) int { return w.m.resources.Count(t, states...) })
	if is == t.State || t.Data.Owner == (storage.Key{}) {
		return
	}
	c := Changed{Request: t.Key.ID, Status: is, Was: t.State, Goal: t.Data.Goal, Reason: t.Data.Reason, Error: t.Data.Error}
	if is == Provisioned {
		c.Resources = w.allKnown()
	}
	StatusChanged.Send(t, t.Data.Owner, c)
}

// allKnown returns what is known of all resources, unless that is too much for a message.
func (w *work) allKnown() map[string]Known {
	const most = 256 << 10
	out, size := map[string]Known{}, 0
	for el := range w.m.resources.All(w.t) {
		known, _ := json.Marshal(el.Data.Known) // it was read from JSON
		if size += len(el.Name) + len(known); size > most {
			return nil
		}
		out[el.Name] = el.Data.Known
	}
	return out
}
