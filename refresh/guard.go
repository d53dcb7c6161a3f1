package refresh

import (
	"fmt"
	"strings"
)

// A Guard says how many rows of a collection one full refresh may delete or archive: a mistake of a collector looks
// like many rows that are gone. More than both of its limits is a [GuardError]. Of a targeted refresh only the collections
// are guarded of which all rows are asked for ([Collection.TargetAll]), and what belongs to those: each other row that it
// may remove was named, or belongs to one that was.
type Guard struct {
	// Share is the part of the collection's rows that may be removed, from 0 to 1. Zero: a half. Negative: none.
	Share float64
	// Rows is how many may be removed whatever part they are. Zero: 20. Negative: none.
	Rows int
}

const (
	defaultShare     = 0.5
	defaultRemovable = 20
)

// check refuses what is no guard.
func (g Guard) check() error {
	if g.Share > 1 || g.Share != g.Share {
		return fmt.Errorf("a share of %g of the rows is not to be had; from 0 to 1 is right", g.Share)
	}
	return nil
}

// removable returns how many of so many rows may be removed.
func (g Guard) removable(rows int) int {
	share, least := g.Share, g.Rows
	if share == 0 {
		share = defaultShare
	}
	if least == 0 {
		least = defaultRemovable
	}
	return max(0, least, int(max(0, share)*float64(rows)))
}

// guardOf returns the guard of a collection: its own, or the persister's.
func (p *planner) guardOf(c *collection) Guard {
	if c.joins != nil {
		c = c.joins.owner
	}
	if c.options.Guard != nil {
		return *c.options.Guard
	}
	return p.guard
}

// A GuardError is a refresh that would remove more rows than its [Guard] allows. Nothing was written. The plan can be
// looked at, and applied after [Plan.Allow]; who gets the error has to close it.
type GuardError struct{ Plan *Plan }

// Error names the collections.
func (e *GuardError) Error() string {
	var parts []string
	for _, c := range e.Plan.Collections {
		if !c.guarded() {
			parts = append(parts, fmt.Sprintf("%d of the %d rows of collection %q, where %d may go", c.Deletes+c.Archives, c.Stored, c.Name, c.Removable))
		}
	}
	return fmt.Sprintf("refresh: the plan for manager %q removes %s; look at the plan, and Allow it if it is right", e.Plan.Manager, strings.Join(parts, ", and "))
}

func (n *CollectionPlan) guarded() bool { return n.Deletes+n.Archives <= n.Removable }

// guarded returns a [GuardError] if the plan removes too much.
func (p *Plan) guarded() error {
	for _, c := range p.Collections {
		if !c.guarded() {
			return &GuardError{p}
		}
	}
	return nil
}

// Allow lets the plan remove what it removes from collections, whatever the guard says; without names from all.
func (p *Plan) Allow(collections ...string) error {
	known := map[string]*CollectionPlan{}
	for _, c := range p.Collections {
		known[c.Name] = c
		if len(collections) == 0 {
			c.Removable = c.Stored
		}
	}
	for _, name := range collections {
		if known[name] == nil {
			return fmt.Errorf("refresh: the plan has no collection %q", name)
		}
		known[name].Removable = known[name].Stored
	}
	return nil
}
