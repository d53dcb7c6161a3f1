package main

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/fsm/fsmtest"
	"github.com/reeve-go/reeve/supervision"
)

func TestDefinition(t *testing.T) {
	t.Parallel()
	m := fsmtest.Check(t, Introspection)
	if n := len(m.Rows()); n != 26 {
		t.Errorf("there are %d rows, ironic-inspector has 26", n)
	}
	fsmtest.Golden(t, m, "testdata/introspection.golden")
}

func TestNodeLivesByTheDefinition(t *testing.T) {
	t.Parallel()
	nodes := newTestNodes(t)
	fsmtest.Cover(t, machine, func(start State) fsmtest.Entity[State, Event] {
		n := &node{nodes: nodes, id: rand.Text()}
		if err := nodes.Create(context.Background(), n.id, Node{}, supervision.At(start)); err != nil {
			t.Error(err)
		}
		return n
	})
}

// A node is a record in a store, and nothing of it in memory.
type node struct {
	nodes *Nodes
	id    string
}

func (n *node) State() State {
	r, err := n.nodes.Get(context.Background(), n.id)
	if err != nil {
		return State(err.Error())
	}
	return r.State
}

func (n *node) Fire(event Event) error {
	return n.nodes.Fire(context.Background(), n.id, event, nil)
}

// In ironic-inspector it took a bug report to find this row missing.
func TestMissingTimeoutIsRefused(t *testing.T) {
	t.Parallel()
	forgetful := Introspection.Clone()
	delete(forgetful.Table[Reapplying], TimedOut)
	if _, err := fsm.Compile(forgetful); err == nil {
		t.Error("a definition in which reapplying may last for ever compiles")
	}
}
