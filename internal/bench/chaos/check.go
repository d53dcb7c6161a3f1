package chaos

import "fmt"

// A check looks for one sort of fault in the evidence.
type check struct {
	name string
	look func(e *evidence, found found)
}

// Found is called with each fault.
type found func(format string, args ...any)

// checks lists what must hold after a run.
func checks() []check {
	return []check{
		{"the run came to its end", checkRun},
		{"each operation ended exactly once", checkOperations},
		{"histories have no gap and no false step", checkHistories},
		{"every record and part reached its target", checkTargets},
		{"decisions made again come out alike", checkReplays},
		{"no effect was lost", checkEffects},
		{"what was done twice had the same key", checkKeys},
		{"phases came in their order", checkPhases},
		{"no stale holder wrote", checkWrites},
		{"no two had the same lease", checkClaims},
		{"whoever slept too long was refused", checkRefused},
		{"no lease is left", checkLeases},
		{"nothing waits without a due time", checkWaiting},
		{"nothing was set aside", checkAside},
	}
}

// A Finding is what a check came to.
type Finding struct {
	// Check says what must hold, Faults where it does not; none: it holds.
	Check  string
	Faults []string
}

// examine runs all checks.
func (e *evidence) examine() []Finding {
	var findings []Finding
	for _, c := range checks() {
		f := Finding{Check: c.name}
		c.look(e, func(format string, args ...any) { f.Faults = append(f.Faults, fmt.Sprintf(format, args...)) })
		findings = append(findings, f)
	}
	return findings
}

// checkRun: what the run itself noticed.
func checkRun(e *evidence, found found) {
	for _, f := range e.faults {
		found("%s", f)
	}
}

func checkReplays(e *evidence, found found) {
	for _, u := range e.unlike {
		found("%s", u)
	}
}
