// Package simulated is a small cloud that speaks as Amazon's does: page by page, with faults, and it changes.
package simulated

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/amazon/wire"
)

// A Cloud has what an account might have. It is an [http.Handler], and safe for concurrent use.
type Cloud struct {
	faults  float64
	handler http.Handler

	mu        sync.Mutex
	random    *rand.Rand
	made      map[string]int          // so many things, by the prefix of their ids
	things    map[string][]*wire.Node // as the answers to an action list them, by their names
	resources map[string][]*wire.Node // what a stack made
}

// New returns a cloud. Of one seed all are alike, and so are their changes. Faults is the part of its answers, below 1,
// that is one: that it is asked too often, or that something is wrong.
func New(seed uint64, faults float64) *Cloud {
	c := &Cloud{
		faults: faults,
		random: rand.New(rand.NewPCG(seed, seed)),
		made:   map[string]int{}, things: map[string][]*wire.Node{}, resources: map[string][]*wire.Node{},
	}
	c.handler = wire.Handler(c.answer)
	c.build()
	return c
}

// ServeHTTP answers a question.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.handler.ServeHTTP(w, r) }

func (c *Cloud) answer(q *wire.Question) (*wire.Answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if rand.Float64() < c.faults { // not c's own chance, so that it changes alike whoever asks
		return nil, fault(q.Service)
	}
	switch q.Action {
	case "ListStackResources":
		return c.listResources(q)
	case "DescribeInstanceHealth":
		return c.describeHealth(q)
	}
	l := wire.ListingOf(q)
	if l == nil {
		return nil, &wire.Fault{Status: http.StatusBadRequest, Code: "InvalidAction", Message: "there is no " + q.Action}
	}
	items, err := c.matching(l, q)
	if err != nil {
		return nil, err
	}
	if l.Whole {
		return l.Answer(items, "")
	}
	items, token := page(l, items, q)
	return l.Answer(items, token)
}

// fault returns one of the two that can be gone at the next attempt.
func fault(service string) error {
	switch {
	case rand.IntN(2) == 0:
		return &wire.Fault{Status: http.StatusInternalServerError, Code: "InternalError", Message: "An internal error has occurred"}
	case service == "ec2":
		return &wire.Fault{Status: http.StatusServiceUnavailable, Code: "RequestLimitExceeded", Message: "Request limit exceeded."}
	default:
		return &wire.Fault{Status: http.StatusBadRequest, Code: "Throttling", Message: "Rate exceeded"}
	}
}

// matching returns the things that a question asks for.
func (c *Cloud) matching(l *wire.Listing, q *wire.Question) ([]*wire.Node, error) {
	items := c.things[l.Action]
	names, besides := l.Named(q)
	if len(names) > 0 {
		var err error
		if items, err = l.Select(items, names); err != nil {
			return nil, err
		}
	}
	for _, of := range besides {
		keep, known := conditions[of]
		if !known {
			message := fmt.Sprintf("The filter '%s' is invalid", of)
			return nil, &wire.Fault{Status: http.StatusBadRequest, Code: "InvalidParameterValue", Message: message}
		}
		items = slices.DeleteFunc(slices.Clone(items), func(n *wire.Node) bool { return !keep(n) })
	}
	return items, nil
}

// conditions are the filters and parameters that do not name things; the only value of each is the one that is asked for.
var conditions = map[string]func(*wire.Node) bool{
	"image-type":   func(n *wire.Node) bool { return n.Get("imageType") == "machine" },
	"Owner":        func(n *wire.Node) bool { return cmp.Or(n.Get("imageOwnerId"), n.Get("ownerId")) == owner },
	"ExecutableBy": func(n *wire.Node) bool { return n.Get("imageOwnerId") != owner && n.Get("isPublic") == "false" },
}

// pageSize is how much the cloud tells at a time.
const pageSize = 5

// page returns the things after those that were told with the token before, and the next token: the name of the last.
func page(l *wire.Listing, items []*wire.Node, q *wire.Question) (some []*wire.Node, token string) {
	items = slices.SortedFunc(slices.Values(items), func(a, b *wire.Node) int { return cmp.Compare(l.Names(a)[0].Value, l.Names(b)[0].Value) })
	from := slices.IndexFunc(items, func(n *wire.Node) bool { return l.Names(n)[0].Value > q.Token })
	if from < 0 {
		return nil, ""
	}
	items = items[from:]
	size := pageSize
	if q.Limit > 0 {
		size = min(size, q.Limit)
	}
	if len(items) <= size {
		return items, ""
	}
	return items[:size], l.Names(items[size-1])[0].Value
}

// listResources answers what a stack made.
func (c *Cloud) listResources(q *wire.Question) (*wire.Answer, error) {
	found, err := listings[account.Stacks].Select(c.all(account.Stacks), called(account.Stacks, q.Asked["StackName"]))
	if err != nil {
		return nil, err
	}
	var all []*wire.Node
	for _, stack := range found {
		all = append(all, c.resources[stack.Get("StackId")]...)
	}
	from, _ := strconv.Atoi(q.Token)
	to := min(from+pageSize, len(all))
	result := wire.E("ListStackResourcesResult", wire.E("StackResourceSummaries", all[from:to]...))
	if to < len(all) {
		result.Set("NextToken", strconv.Itoa(to))
	}
	return wire.Document(wire.E("ListStackResourcesResponse", result))
}

// describeHealth answers how the instances behind a load balancer are: those that run are well.
func (c *Cloud) describeHealth(q *wire.Question) (*wire.Answer, error) {
	found, err := listings[account.LoadBalancers].Select(c.all(account.LoadBalancers), called(account.LoadBalancers, q.Asked["LoadBalancerName"]))
	if err != nil {
		return nil, err
	}
	states := wire.E("InstanceStates")
	for _, balancer := range found {
		for _, member := range balancer.At("Instances").Children {
			id := member.Get("InstanceId")
			state := wire.E("member", wire.T("InstanceId", id), wire.T("State", "InService"), wire.T("Description", "N/A"))
			if c.instance(id).Get("instanceState/name") != "running" {
				state.Set("State", "OutOfService")
				state.Set("Description", "Instance is in stopped state.")
			}
			states.Children = append(states.Children, state)
		}
	}
	return wire.Document(wire.E("DescribeInstanceHealthResponse", wire.E("DescribeInstanceHealthResult", states)))
}
