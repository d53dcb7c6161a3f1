package acm

import "time"

// A Definition is what is stored of the definition of a composition beside its state.
type Definition struct {
	// State and Result are ONAP's words for where it stands.
	State  TypeState `json:"state"`
	Result Result    `json:"result"`
	// Nodes are the types of its elements, by name.
	Nodes map[string]Node `json:"nodes"`
	// Metadata are properties of the whole.
	Metadata Properties `json:"metadata,omitempty"`
	// Ordered is when it was last ordered to be primed or deprimed.
	Ordered time.Time `json:"ordered"`
	// Revision changes when the definition does.
	Revision string `json:"revision,omitempty"`
}

// A Node is the type of an element.
type Node struct {
	Version    string     `json:"version"`
	Properties Properties `json:"properties,omitempty"`
}

// A NodeElement is what is stored of a node at a participant beside its state.
type NodeElement struct {
	// Participant looks after its elements.
	Participant string `json:"participant"`
	// State is ONAP's word for how far the participant is.
	State TypeState `json:"state"`
	// Message is what the participant said last, Out what it reports.
	Message string     `json:"message,omitempty"`
	Out     Properties `json:"out,omitempty"`
}
