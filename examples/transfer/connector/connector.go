// Package connector is a connector of a dataspace on Reeve: transfers, each a process of its consumer and another of its
// provider, by the repaired tables of package edc. What a transfer needs it has from package provisioning.
//
// Both sides are in one store here, so a message from one to the other is a message of the store. Between companies it
// would be an effect.
package connector

import (
	"context"
	"fmt"

	"github.com/reeve-go/reeve/examples/transfer/edc"
	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

type (
	// Kind is the kind of the transfers of one role.
	Kind = supervision.Kind[Transfer, edc.State, edc.Event]
	// Turn is a turn of a transfer.
	Turn = supervision.Turn[Transfer, edc.State, edc.Event]
	// Record is a transfer as it is stored.
	Record = supervision.Record[Transfer, edc.State]
)

// A Connector keeps the transfers of both roles, and what they need.
type Connector struct {
	Transfers map[edc.Role]*Kind
	Manager   *provisioning.Manager

	open Opener
}

// New returns the connector of a store, whose data flows are opened by open. The manager needs the types [Bucket] and [Share].
func New(store storage.Store, manager *provisioning.Manager, open Opener) (*Connector, error) {
	c := &Connector{Transfers: map[edc.Role]*Kind{}, Manager: manager, open: open}
	for _, role := range []edc.Role{edc.Consumer, edc.Provider} {
		machine, err := fsm.Compile(edc.Repaired(role))
		if err != nil {
			return nil, err
		}
		if c.Transfers[role], err = supervision.NewKind[Transfer](string(role), machine, store, nil); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Supervise has a supervisor do all the work.
func (c *Connector) Supervise(s *supervision.Supervisor) error {
	for role, kind := range c.Transfers {
		supervision.Supervise(s, kind, c.decider(role), supervision.Emits(opened))
	}
	supervision.Perform(s, opened, func(ctx context.Context, _ supervision.Call, f Flow) (none, error) {
		return none{}, c.open(ctx, f)
	}, nil)
	return c.Manager.Supervise(s)
}

// RequestOf is the id of the request for what a transfer needs in a role.
func RequestOf(role edc.Role, id string) string { return fmt.Sprintf("%s.%s", id, role) }
