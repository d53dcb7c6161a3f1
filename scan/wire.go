package scan

import (
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

// WireVersion is the version of the messages between manager and agents that this program writes.
const WireVersion = 1

// A Request asks an agent to look into a target, once. It is what the request queue carries, as JSON.
type Request struct {
	V int `json:"v"`
	// Job and Epoch say what it is for; they travel with everything that is said about it.
	Job    string `json:"job"`
	Epoch  int    `json:"epoch"`
	Target Target `json:"target"`
	// Attached is what was attached for it, by the id of the resource.
	Attached   map[string]provisioning.Known `json:"attached,omitempty"`
	Categories []Category                    `json:"categories"`
	// Known are results of earlier scans of the target, which hold if their addresses do.
	Known  []Result `json:"known,omitempty"`
	Limits Limits   `json:"limits,omitzero"`
	// Progress is how long the job waits for word of it, so an agent has to report oftener than that. Until is when the job's time is up altogether, by
	// the store's clock. It is for what an agent hands out or asks for on the way, as the life of a credential; by its own clock, which may be wrong, it
	// must not end anything: the desk says when to stop, and without a desk the lease ends.
	Progress time.Duration `json:"progress"`
	Until    time.Time     `json:"until,omitzero"`
}

// Progress is what an agent says while it works on a request. It is sent when something was done since the last one, and never otherwise.
type Progress struct {
	Agent string `json:"agent"`
	Job   string `json:"job"`
	Epoch int    `json:"epoch"`
	// Seq counts what the agent has said of this request, from 1: that is when it begins.
	Seq int `json:"seq"`
	// Category is what is being scanned, with so many items and bytes read so far; empty: none yet.
	Category string `json:"category,omitempty"`
	Items    int    `json:"items,omitempty"`
	Bytes    int64  `json:"bytes,omitempty"`
}

// A Directive is what an agent is told about a request when it reports.
type Directive struct {
	Do DirectiveKind `json:"do"`
	// Why says it for people.
	Why string `json:"why,omitempty"`
	// Have are the categories that have results already, from an agent that had the request before. They need not be looked for again. It is said
	// in answer to the first report.
	Have []string `json:"have,omitempty"`
}

// A DirectiveKind is what an agent is to do.
type DirectiveKind string

// What an agent is told.
const (
	// Continue: go on.
	Continue DirectiveKind = "continue"
	// Cancel: the job wants no more of it; stop and say so in a reply.
	Cancel DirectiveKind = "cancel"
	// Drop: the request is superseded, or the job has ended; stop, and say nothing.
	Drop DirectiveKind = "drop"
)

// A Reply is what an agent says of a request when categories are done. It is what the reply queue carries, as JSON. The results'
// blobs are kept before it is sent.
type Reply struct {
	V     int    `json:"v"`
	Agent string `json:"agent"`
	Job   string `json:"job"`
	Epoch int    `json:"epoch"`
	// Seq counts the replies to this request, from 1.
	Seq int `json:"seq"`
	// Results are of the categories that were done since the last reply.
	Results []Result `json:"results,omitempty"`
	// Last: nothing follows.
	Last bool `json:"last,omitempty"`
	// Error is why there are no more results, if something went wrong with the whole request, and Class what sort of error that is. RetryAfter is how
	// long to wait before it is tried again, if the agent knows.
	Error      string        `json:"error,omitempty"`
	Class      Class         `json:"class,omitempty"`
	RetryAfter time.Duration `json:"retry_after,omitempty"`
}

// A Class is a sort of error: how often a job is tried again depends on it.
type Class string

// The classes of errors.
const (
	// Trouble: something went wrong that may go right another time.
	Trouble Class = "trouble"
	// Fatal: no other try can help: the target is gone, or is nothing that can be looked into.
	Fatal Class = "fatal"
	// Lost: the agent does not get any further, never began, or has no room for what it finds: another one may do better.
	Lost Class = "lost"
	// Canceled: the agent was told to stop, and has.
	Canceled Class = "canceled"
	// Overdue: a time is up that no other try can win back.
	Overdue Class = "overdue"
)
