package refresh

// Rows that stay can point at rows that are gone. A full refresh has mostly read all that can, and so need not ask the
// database again.

// mayPointAtGone reports whether a row of a collection that stays may point by a field at one that is gone from another.
func (p *planner) mayPointAtGone(s *state, f *field, at *state) bool {
	if !p.hasRead(s) {
		return true
	}
	for _, values := range s.seenRows() { // the others point where they were said to, and so at what stays
		if at.isGone(values[s.places[f.number][0]]) {
			return true
		}
	}
	return false
}

// hasRead reports whether all rows of a collection that stay were brought, and read: what else is in the scope is gone.
func (p *planner) hasRead(s *state) bool {
	return p.targets == nil && s.mode() != ReadOnly && s.options.Archive == "" && s.kept == 0 && s.newer == 0 && !s.unread
}
