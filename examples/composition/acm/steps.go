package acm

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
)

// startPhase returns the phase in which an element of this node is deployed. A node that the
// definition does not have, or has at another version, has phase zero.
func (d *Definition) startPhase(e *Element) (int, error) {
	node, ok := d.Nodes[e.Node]
	if !ok || node.Version != e.Version {
		return 0, nil
	}
	phase, _, err := node.Properties.number("startPhase", 32)
	if err != nil {
		return 0, fmt.Errorf("%w, which the start phase of node %q has to be", err, e.Node)
	}
	return int(phase), nil
}

// group returns the phase or stage that an element of these is in.
func (d *Definition) group(op *operation, e *Element, all iter.Seq[*Element]) (int, error) {
	switch op.steps {
	case phasesUp, phasesDown:
		return d.startPhase(e)
	case stagesUp, stagesDown:
		return d.stage(op, e, all)
	}
	return 0, nil
}

// stage returns the stage that an element is in: the one that its participant asked for, or else the
// first of its node. Where the way goes down it is the last, or, if the node does not say, the last of
// the whole instance.
func (d *Definition) stage(op *operation, e *Element, all iter.Seq[*Element]) (int, error) {
	if e.Stage != nil {
		return *e.Stage, nil
	}
	down := op.steps == stagesDown
	what := "prepare"
	if down || e.Deploy == migrating || e.Deploy == migrationReverting {
		what = "migrate"
	}
	stages, err := d.stagesOf(e, what)
	switch {
	case err != nil:
		return 0, err
	case len(stages) == 0 && down:
		return d.lastStage(all)
	case len(stages) == 0:
		return 0, nil
	case down:
		return slices.Max(stages), nil
	}
	return slices.Min(stages), nil
}

// lastStage returns the last stage of a migration of all these.
func (d *Definition) lastStage(all iter.Seq[*Element]) (int, error) {
	var last []int
	for e := range all {
		stages, err := d.stagesOf(e, "migrate")
		if err != nil {
			return 0, err
		}
		if len(stages) == 0 {
			stages = []int{0}
		}
		last = append(last, slices.Max(stages))
	}
	if len(last) == 0 {
		return 0, nil
	}
	return slices.Max(last), nil
}

// stagesOf returns the stages of an element's node; none if the definition does not have the node.
func (d *Definition) stagesOf(e *Element, what string) ([]int, error) {
	node, ok := d.Nodes[e.Node]
	if !ok {
		return nil, nil
	}
	stages, err := node.stages(what)
	if err != nil {
		return nil, fmt.Errorf("node %q: %w", e.Node, err)
	}
	return stages, nil
}

// stages returns the stages of a node: for a migration the property is a list, or has one under its
// name; for a preparation only that. Without, there is stage zero.
func (n Node) stages(what string) ([]int, error) {
	raw := n.Properties["stage"]
	var named map[string]json.RawMessage
	if isNamed := json.Unmarshal(raw, &named) == nil; isNamed {
		raw = named[what]
	} else if what != "migrate" {
		return []int{0}, nil
	}
	var list []json.RawMessage
	if isList := json.Unmarshal(raw, &list) == nil && list != nil; !isList {
		return []int{0}, nil
	}
	stages := make([]int, 0, len(list))
	for _, raw := range list {
		stage, err := wholeNumber(raw, 32)
		if err != nil {
			return nil, fmt.Errorf("acm: property %q: %w, which a stage has to be", "stage", err)
		}
		stages = append(stages, int(stage))
	}
	return stages, nil
}
