package fsm

import "slices"

// checkLimits finds limits that cannot work, and states that need one and have none.
func (c *compiler[S, E]) checkLimits() {
	for s, state := range c.def.States {
		switch {
		case state.After < 0:
			c.report(BadTimeout, s, state.Then, "the limit of %q is %v; it must be positive, or zero for none", s, state.After)
		case state.After > 0 && state.Then == "":
			c.report(BadTimeout, s, "", "state %q has a limit of %v but no event for it; set Then", s, state.After)
		case state.After == 0 && state.Then != "":
			c.report(BadTimeout, s, state.Then, "state %q names %q for when its time is up, but has no limit; set After", s, state.Then)
		case state.After > 0 && state.Mode == Final && len(c.children[s]) == 0:
			c.report(BadTimeout, s, state.Then, "state %q is final and has a limit; nothing moves it, so remove After and Then", s)
		}
	}
	for _, s := range c.states {
		l := c.leaves[s]
		switch {
		case l.mode == Final:
		case l.after == 0 && l.then == "" && !l.mode.settled():
			c.report(NoTimeout, s, "", "state %q is %v and has no limit, so an entity could stay there for ever; set After and Then", s, l.mode)
		case l.after > 0 && l.then != "":
			c.checkTimeoutEvent(s, l.then)
		}
	}
}

func (c *compiler[S, E]) checkTimeoutEvent(s S, then E) {
	row, ok := c.row(s, then)
	if !ok {
		c.report(BadTimeout, s, then, "when the time of %q is up, %q is fired, which it refuses; add a row", s, then)
	} else if row.Same {
		c.report(BadTimeout, s, then, "when the time of %q is up, %q is fired, which keeps it there with its time up; lead it elsewhere, or to %q itself to start the clock anew", s, then, s)
	}
}

// checkReach finds states that nothing leads to, and traps.
func (c *compiler[S, E]) checkReach() {
	reached := c.closure(c.starts, func(r Row[S, E]) (S, S) { return r.From, r.To })
	for _, s := range c.states {
		if !reached[s] {
			c.report(Unreachable, s, "", "no path leads to %q from the initial state or a start; add a row, make it a start or remove it", s)
		}
	}
	var ends []S
	for _, s := range c.states {
		if c.leaves[s].mode.settled() {
			ends = append(ends, s)
		}
	}
	ending := c.closure(ends, func(r Row[S, E]) (S, S) { return r.To, r.From })
	for _, s := range c.states {
		if !ending[s] {
			c.report(Trap, s, "", "no path leads from %q to a resting or final state, so what enters it never comes to rest; add a row", s)
		}
	}
}

// closure returns what can be reached from the given states along edges that a row stands for.
func (c *compiler[S, E]) closure(from []S, edge func(Row[S, E]) (S, S)) map[S]bool {
	next := map[S][]S{}
	for _, rows := range c.rows {
		for _, row := range rows {
			a, b := edge(row)
			next[a] = append(next[a], b)
		}
	}
	reached := map[S]bool{}
	for queue := slices.Clone(from); len(queue) > 0; queue = queue[1:] {
		if s := queue[0]; !reached[s] {
			reached[s] = true
			queue = append(queue, next[s]...)
		}
	}
	return reached
}

// checkRules finds states that refuse what a rule demands.
func (c *compiler[S, E]) checkRules() {
	for _, rule := range c.def.Rules {
		for _, s := range rule.Except {
			c.wantState(s, s, rule.Accept, "an exception of the rule about %q", rule.Accept)
		}
		for _, s := range c.states {
			if !rule.covers(s, c.leaves[s]) {
				continue
			}
			if _, ok := c.row(s, rule.Accept); !ok {
				c.report(BrokenRule, s, rule.Accept, "state %q refuses %q, which a rule demands%s; add a row or an exception", s, rule.Accept, because(rule.Doc))
			}
		}
	}
}

func (r Rule[S, E]) covers(s S, l leaf[S, E]) bool {
	if len(r.Modes) == 0 && l.mode == Final || len(r.Modes) > 0 && !slices.Contains(r.Modes, l.mode) {
		return false
	}
	excepted := func(s S) bool { return slices.Contains(r.Except, s) }
	return !excepted(s) && !slices.ContainsFunc(l.path, excepted)
}

func because(doc string) string {
	if doc == "" {
		return ""
	}
	return " (" + doc + ")"
}
