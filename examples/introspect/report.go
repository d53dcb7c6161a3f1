package main

import (
	"context"
	"encoding/json"
	"io"
	"time"
)

// A report is what the program shows of a node.
type report struct {
	Node    nodeReport   `json:"node"`
	Facts   *Facts       `json:"facts"`
	Unread  []Unread     `json:"unread"`
	History []lineReport `json:"history"`
}

type nodeReport struct {
	ID      string    `json:"id"`
	State   State     `json:"state"`
	Version uint64    `json:"version"`
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until,omitzero"`
	Node
}

type lineReport struct {
	Version   uint64    `json:"version"`
	At        time.Time `json:"at"`
	From      State     `json:"from,omitempty"`
	Event     Event     `json:"event,omitempty"`
	To        State     `json:"to"`
	Cause     string    `json:"cause"`
	Operation string    `json:"operation,omitempty"`
}

// newReport reads everything that there is to show of a node.
func newReport(ctx context.Context, nodes *Nodes, id string) (*report, error) {
	r, err := nodes.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &report{
		Node:   nodeReport{id, r.State, r.Version, r.Since, r.Until, r.Data},
		Facts:  r.Data.Facts,
		Unread: []Unread{},
	}
	out.Node.Facts = nil // they stand beside the node
	if out.Facts != nil {
		out.Unread = append(out.Unread, out.Facts.Unread...)
		out.Facts.Unread = nil
	}
	for line, err := range nodes.History(ctx, id) {
		if err != nil {
			return nil, err
		}
		out.History = append(out.History, lineReport{
			line.Version, line.At, State(line.From), Event(line.Event), State(line.To), line.Cause, line.Operation,
		})
	}
	return out, nil
}

func (r *report) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
