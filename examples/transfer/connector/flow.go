package connector

import (
	"context"
	"fmt"

	"github.com/reeve-go/reeve/examples/transfer/edc"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/supervision"
)

// A Flow is what is needed to have data flow from a share by a bucket.
type Flow struct {
	Share  provisioning.Known `json:"share"`
	Bucket provisioning.Known `json:"bucket"`
}

// An Opener has data begin to flow. It is called at least once, and has the secrets from the vault.
type Opener func(ctx context.Context, f Flow) error

type none struct{}

var opened = supervision.NewEffect[Flow, none]("flow")

// start has the data flow opened, once.
func (s *side) start() error {
	known := s.Data.Needs.Resources
	opened.Emit(s.Turn, Flow{known["source"], known["staging"]}, supervision.Once())
	return nil
}

// hearFlow takes down whether the data flow was opened.
func (s *side) hearFlow(m supervision.Message, err error) error {
	switch {
	case s.State != edc.Starting:
		s.Ignore(m, fmt.Sprintf("the provider is %s", s.State))
		return nil
	case err != nil:
		return s.giveUp(err.Error())
	default:
		return tells(edc.ToStarted, edc.ToStarted)(s)
	}
}
