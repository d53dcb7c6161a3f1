package main

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/reeve-go/reeve/examples/composition/acm"
)

// What is deployed: an access network, whose parts need those of the phases before.
var nodes = []struct {
	name, participant string
}{
	{"network", "core"},
	{"database", "core"},
	{"radio", "edge"},
	{"portal", "web"},
}

const (
	definition = "access"
	instance   = "access-1"
	each       = 3 // elements a node
)

// losers are the elements about which the first answer is lost.
var losers = []string{"network-2", "database-1", "portal-3"}

// plan returns the definition, and who looks after what.
func plan() (d acm.Definition, participants map[string]string) {
	d.Nodes, participants = map[string]acm.Node{}, map[string]string{}
	for phase, n := range nodes {
		d.Nodes[n.name] = acm.Node{Version: "1.0.0", Properties: acm.Properties{"startPhase": json.RawMessage(strconv.Itoa(phase))}}
		participants[n.name] = n.participant
	}
	return d, participants
}

// elements returns those of the instance.
func elements() map[string]acm.Element {
	all := map[string]acm.Element{}
	for _, n := range nodes {
		for i := range each {
			all[fmt.Sprintf("%s-%d", n.name, i+1)] = acm.Element{Node: n.name, Version: "1.0.0", Participant: n.participant}
		}
	}
	return all
}
