package main

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
)

// drawings are the forms that the machine can be drawn in, by the name that -diagram takes.
var drawings = map[string]func(*fsm.Diagram[State]) string{
	"dot":     machine.DOT,
	"mermaid": machine.Mermaid,
	"svg":     machine.SVG,
	"text":    machine.Text,
}

func formats() []string { return slices.Sorted(maps.Keys(drawings)) }

// draw draws the machine, and in it the state of the node, if it is known.
func draw(ctx context.Context, nodes *Nodes, id, format string, w io.Writer) error {
	r, err := nodes.Get(ctx, id)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	_, err = io.WriteString(w, drawings[format](&fsm.Diagram[State]{Current: r.State}))
	return err
}
