package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A Node is what is stored about a machine beside its state.
type Node struct {
	StartedAt  time.Time `json:"started_at,omitzero"`
	FinishedAt time.Time `json:"finished_at,omitzero"`
	// Error says why the last introspection failed; empty: it did not.
	Error string `json:"error"`
	// Attributes are there while an introspection is under way: they say whose it is.
	Attributes map[string]string `json:"attributes,omitempty"`
	// Patience is how long the node's facts are waited for; zero: the definition's limit.
	Patience time.Duration `json:"patience,omitzero"`
	// Facts are as they came, Properties what processing made of them; nil: nothing yet.
	Facts      *Facts      `json:"facts,omitempty"`
	Properties *Properties `json:"properties,omitempty"`
}

type (
	// Nodes are the nodes of a store.
	Nodes = supervision.Kind[Node, State, Event]
	// Turn is an order's look at a node.
	Turn = supervision.Turn[Node, State, Event]
	// Record is a node with its state.
	Record = supervision.Record[Node, State]
)

func newNodes(store storage.Store) (*Nodes, error) {
	return supervision.NewKind("node", machine, store, &supervision.KindOptions[Node, State, Event]{
		Timeout: func(s State, n *Node) time.Duration {
			if s == Waiting {
				return n.Patience
			}
			return 0
		},
	})
}

// begin notes that this process introspects the node from now on.
func (n *Node) begin(now time.Time) {
	host, err := os.Hostname()
	if err != nil {
		host = "this host"
	}
	n.StartedAt, n.FinishedAt, n.Error = now, time.Time{}, ""
	n.Attributes = map[string]string{"process": strconv.Itoa(os.Getpid()), "host": host}
}

// known says whether there is such a node.
func (i *inspection) known(ctx context.Context) (bool, error) {
	_, err := i.nodes.Get(ctx, i.node)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// unknown is the error of somebody who wants something of a node that is not there.
func (i *inspection) unknown(ctx context.Context) error {
	var ids []string
	for r, err := range i.nodes.List(ctx, nil) {
		if err != nil {
			return err
		}
		ids = append(ids, strconv.Quote(r.Key.ID))
	}
	if len(ids) == 0 {
		return fmt.Errorf("there is no node %q, nor any other; introspect it first", i.node)
	}
	return fmt.Errorf("there is no node %q; these are there: %s", i.node, strings.Join(ids, ", "))
}
