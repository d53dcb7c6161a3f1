package connector

import (
	"cmp"
	"fmt"

	"github.com/reeve-go/reeve/examples/transfer/edc"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/supervision"
)

// Spoken is what one side of a transfer says to the other: what it is to do.
type Spoken struct {
	Event  edc.Event `json:"event"`
	Reason string    `json:"reason,omitempty"`
}

var spoken = supervision.NewMessage[Spoken]("counter-party")

// hear takes down what the transfer was told, by the other side or about what it needs. What comes too late is ignored.
func (s *side) hear(m supervision.Message) error {
	if c, ok := provisioning.StatusChanged.Body(m); ok {
		s.Data.Needs = c
		return nil
	}
	if _, err, ok := opened.Outcome(m); ok {
		return s.hearFlow(m, err)
	}
	said, ok := spoken.Body(m)
	if !ok {
		return nil
	}
	if _, permitted := s.Transfers[s.role].Machine().Next(s.State, said.Event); !permitted {
		s.Ignore(m, fmt.Sprintf("the %s is %s", s.role, s.State))
		return nil
	}
	s.Note("the " + string(other(s.role)))
	if s.Data.Reason == "" {
		s.Data.Reason = said.Reason
	}
	return s.Fire(said.Event)
}

// tells returns a processor that tells the other side, if there is one, and moves on.
func tells(its, own edc.Event) func(*side) error {
	return func(s *side) error {
		if s.Data.Met {
			to := s.Transfers[other(s.role)].Key(s.Key.ID)
			spoken.Send(s.Turn, to, Spoken{its, cmp.Or(s.Data.Reason, s.Data.Error)})
		}
		return s.Fire(own)
	}
}

// fires returns a processor that moves on.
func fires(e edc.Event) func(*side) error {
	return func(s *side) error { return s.Fire(e) }
}
