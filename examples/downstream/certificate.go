// Package downstream is a program's own code on top of the library: a module that knows only what
// is published. It keeps the certificates of a small estate.
package downstream

import (
	"time"

	"github.com/reeve-go/reeve/fsm"
)

// State is where a certificate is in its life.
type State string

// Event is what can happen to a certificate.
type Event string

// The states of a certificate.
const (
	Requested State = "requested"
	Issued    State = "issued"
	Rejected  State = "rejected"
	Revoked   State = "revoked"
)

// The events of a certificate.
const (
	Issue  Event = "issue"
	Reject Event = "reject"
	Renew  Event = "renew"
	Revoke Event = "revoke"
)

// Life is the life of a certificate: the authority has a day to answer, and what it issued is
// renewed well before it would end.
var Life = fsm.Definition[State, Event]{
	Name:    "certificate",
	Doc:     "A certificate from its request to its end.",
	Initial: Requested,
	States: fsm.States[State, Event]{
		Requested: {Doc: "The authority has been asked.", Mode: fsm.Waiting, After: 24 * time.Hour, Then: Reject},
		Issued:    {Doc: "Servers may use it.", Mode: fsm.Resting, After: 60 * 24 * time.Hour, Then: Renew},
		Rejected:  {Doc: "The authority said no, or nothing.", Mode: fsm.Resting},
		Revoked:   {Doc: "Nobody may trust it any more.", Mode: fsm.Final},
	},
	Table: fsm.Table[State, Event]{
		Requested: {Issue: Issued, Reject: Rejected},
		Issued:    {Renew: Requested, Revoke: Revoked},
		Rejected:  {Renew: Requested, Revoke: Revoked},
	},
}

var life = fsm.MustCompile(Life)

// Certificate is one certificate. Its zero value has not been requested yet; use [New].
type Certificate struct {
	state State
	// Issues counts how often the authority has issued it.
	Issues int
}

// New requests a certificate.
func New() *Certificate { return &Certificate{state: life.Initial()} }

// State returns where the certificate is in its life.
func (c *Certificate) State() State { return c.state }

// Fire lets an event happen to the certificate. An event that its state does not permit changes
// nothing and gives a [*fsm.TransitionError].
func (c *Certificate) Fire(e Event) error {
	next, err := life.Step(c.state, e)
	if err != nil {
		return err
	}
	c.state = next
	if e == Issue {
		c.Issues++
	}
	return nil
}
