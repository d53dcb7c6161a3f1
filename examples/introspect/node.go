package main

import (
	"os"
	"strconv"
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
	// Attributes and Options are there while an introspection is under way.
	Attributes Attributes `json:"attributes,omitzero"`
	Options    Options    `json:"options,omitzero"`
	// Facts are as they came, Properties what processing made of them; nil: nothing yet.
	Facts      *Facts      `json:"facts,omitempty"`
	Properties *Properties `json:"properties,omitempty"`
}

// Attributes say whose an introspection is.
type Attributes struct {
	Process string `json:"process"`
	Host    string `json:"host"`
	// FoundBy is another run that found the node in the middle of it.
	FoundBy string `json:"found_by,omitempty"`
}

// Options are what the operator asked for.
type Options struct {
	// Patience is how long the node's facts are waited for; zero: the definition's limit.
	Patience time.Duration `json:"patience,omitzero"`
	// Pause is how long the node is held in the middle.
	Pause time.Duration `json:"pause,omitzero"`
	// Refuse lets processing fail.
	Refuse bool `json:"refuse,omitzero"`
}

type (
	// Nodes are the nodes of a store.
	Nodes = supervision.Kind[Node, State, Event]
	// Turn is a look at a node: a decider's, or an order's.
	Turn = supervision.Turn[Node, State, Event]
	// Record is a node with its state.
	Record = supervision.Record[Node, State]
)

func newNodes(store storage.Store) (*Nodes, error) {
	return supervision.NewKind("node", machine, store, &supervision.KindOptions[Node, State, Event]{
		Timeout: func(s State, n *Node) time.Duration {
			if s == Waiting {
				return n.Options.Patience
			}
			return 0
		},
	})
}

// begin notes that this process has the node introspected from now on.
func (n *Node) begin(now time.Time, o Options) {
	n.StartedAt, n.FinishedAt, n.Error = now, time.Time{}, ""
	n.Attributes, n.Options = thisProcess(), o
}

func thisProcess() Attributes {
	host, err := os.Hostname()
	if err != nil {
		host = "this host"
	}
	return Attributes{Process: strconv.Itoa(os.Getpid()), Host: host}
}

// String says who is at work.
func (a Attributes) String() string { return "process " + a.Process + " on " + a.Host }
