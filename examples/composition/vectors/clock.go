package vectors

import (
	"fmt"
	"strconv"
	"strings"
)

// A clock says when ONAP's thread looked at what, in milliseconds since the beginning. Its thread slept
// now and then; Reeve's deciders do not, so they are shown the time at which ONAP's looked.
type clock struct {
	runs  []int64 // when each began
	ends  []int64 // and ended
	looks map[look]int64
}

// A look is one at an entity, in a run that is counted from 0.
type look struct {
	run    int
	entity string
}

// clock returns the times at which things happened.
func (t *Then) clock() *clock {
	c := &clock{runs: []int64{0}, looks: map[look]int64{}}
	now := int64(0)
	for _, event := range t.Events {
		word, rest, _ := strings.Cut(event, " ")
		switch word {
		case nextRun:
			c.ends = append(c.ends, now)
			var run int
			if _, err := fmt.Sscanf(rest, "run %d at +%d", &run, &now); err == nil {
				c.runs = append(c.runs, now)
			}
		case "createJob":
			id, _, _ := strings.Cut(rest, " ")
			c.looks[look{len(c.runs) - 1, id}] = now
		case "pause":
			if ms, err := strconv.ParseInt(rest, 10, 64); err == nil {
				now += ms
			}
		}
	}
	c.ends = append(c.ends, now)
	return c
}

// begin returns when a run began.
func (c *clock) begin(run int, step int64) int64 {
	if run < len(c.runs) {
		return c.runs[run]
	}
	return c.ends[len(c.ends)-1] + step*int64(run-len(c.runs)+1)
}

// look returns when an entity was looked at. One that ONAP did not look at gets its look at the end of
// the run.
func (c *clock) look(run int, entity string) int64 {
	at, looked := c.looks[look{run, entity}]
	if !looked && run < len(c.ends) {
		return c.ends[run]
	}
	return at
}
