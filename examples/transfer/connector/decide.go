package connector

import (
	"cmp"

	"github.com/reeve-go/reeve/examples/transfer/edc"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/supervision"
)

// A side is a turn of a transfer in a role.
type side struct {
	*Connector
	*Turn

	role edc.Role
}

// A processor does what a state is for.
type processor struct {
	state edc.State
	only  edc.Role // empty: both roles
	do    func(*side) error
}

// processors are those of the original in its order, and among them those of states at which it never looks.
var processors = []processor{
	{state: edc.Initial, do: (*side).ask},
	{state: edc.Provisioning, do: (*side).provision},
	{state: edc.ProvisioningRequested, do: (*side).provision},
	{state: edc.Provisioned, do: (*side).begin},
	{state: edc.Requesting, only: edc.Consumer, do: (*side).request},
	{state: edc.Starting, only: edc.Provider, do: (*side).start},
	{state: edc.Suspending, do: tells(edc.ToSuspended, edc.ToSuspended)},
	{state: edc.Resuming, only: edc.Provider, do: tells(edc.ToStarted, edc.ToStarted)},
	{state: edc.Resuming, only: edc.Consumer, do: tells(edc.ToStarting, edc.ToResumed)},
	{state: edc.Completing, do: tells(edc.ToCompleted, edc.ToCompleted)},
	{state: edc.Completed, do: fires(edc.ToDeprovisioning)},
	{state: edc.Terminating, do: tells(edc.ToTerminated, edc.ToTerminated)},
	{state: edc.Terminated, do: fires(edc.ToDeprovisioning)},
	{state: edc.Deprovisioning, do: (*side).deprovision},
	{state: edc.DeprovisioningRequested, do: (*side).deprovision},
	{state: edc.DeprovisioningFailed, do: (*side).deprovision},
}

// decider returns what decides about the transfers of a role: what was heard is taken down, and then one round of the
// processors goes by. What a round leaves for one before it has the next turn.
func (c *Connector) decider(role edc.Role) supervision.Decider[Transfer, edc.State, edc.Event] {
	return func(t *Turn) error {
		s := &side{c, t, role}
		for _, m := range t.Messages {
			if err := s.hear(m); err != nil {
				return err
			}
		}
		for _, p := range processors {
			if p.state != t.State || p.only != "" && p.only != role {
				continue
			}
			if err := p.do(s); err != nil {
				return err
			}
		}
		return nil
	}
}

// ask asks for what the transfer needs.
func (s *side) ask() error {
	if err := s.Manager.Request(s.Turn, requestOf(s.Key), s.Key, s.Data.Asset.needs(s.role)...); err != nil {
		return s.giveUp(err.Error())
	}
	s.Data.Needs = provisioning.Changed{Status: provisioning.Provisioning, Goal: provisioning.Present}
	return s.Fire(edc.ToProvisioning)
}

// provision follows the request for what the transfer needs. If that has ended by itself, so has the transfer.
func (s *side) provision() error {
	needs := &s.Data.Needs
	switch {
	case needs.Goal == provisioning.Absent || needs.Status == provisioning.Failed:
		return s.giveUp(needs.Error)
	case needs.Status == provisioning.Provisioned:
		return s.Fire(edc.ToProvisioned)
	case needs.Status == provisioning.ProvisioningRequested && s.State == edc.Provisioning:
		return s.Fire(edc.ToProvisioningRequested)
	case needs.Status == provisioning.Provisioning && s.State == edc.ProvisioningRequested:
		return s.Fire(edc.ToProvisioning)
	}
	return nil
}

func (s *side) giveUp(why string) error {
	s.Data.Error = why
	return s.Fire(edc.ToTerminating)
}

// begin is where the roles part.
func (s *side) begin() error {
	if s.role == edc.Consumer {
		return s.Fire(edc.ToRequesting)
	}
	return s.Fire(edc.ToStarting)
}

// request has the provider begin its side.
func (s *side) request() error {
	s.Transfers[edc.Provider].Spawn(s.Turn, s.Key.ID, Transfer{Asset: s.Data.Asset, Met: true})
	s.Data.Met = true
	return s.Fire(edc.ToRequested)
}

// deprovision gives back what the transfer needed, and follows that.
func (s *side) deprovision() error {
	needs := &s.Data.Needs
	switch {
	case needs.Status == "" || needs.Status == provisioning.Deprovisioned:
		return s.Fire(edc.ToDeprovisioned)
	case !s.Data.GivenBack:
		s.Data.GivenBack = true
		s.Manager.Terminate(s.Turn, requestOf(s.Key), cmp.Or(s.Data.Reason, s.Data.Error, "the data has been transferred"))
	case needs.Goal == provisioning.Present: // it has not heard of that yet
	case needs.Status == provisioning.Failed && s.State != edc.DeprovisioningFailed:
		s.Data.Error = needs.Error
		return s.Fire(edc.ToDeprovisioningFailed)
	case needs.Status == provisioning.DeprovisioningRequested && s.State == edc.Deprovisioning:
		return s.Fire(edc.ToDeprovisioningRequested)
	case needs.Status == provisioning.Deprovisioning && s.State != edc.Deprovisioning,
		needs.Status == provisioning.DeprovisioningRequested && s.State == edc.DeprovisioningFailed:
		return s.Fire(edc.ToDeprovisioning)
	}
	return nil
}
