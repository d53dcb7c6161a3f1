package chaos

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Report says what was done in a run, and what was found.
type Report struct {
	// Store, Processes, Seed and Effort say which run it was, and Took how long it took without the
	// checks.
	Store     string
	Processes int
	Seed      uint64
	Effort    Effort
	Took      time.Duration
	// Figures count what there was and what was done, each with its name.
	Figures []Figure
	// Findings are what each check came to.
	Findings []Finding
}

// A Figure counts something.
type Figure struct {
	Name string
	N    int
}

// OK reports whether every check holds.
func (r *Report) OK() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return len(f.Faults) > 0 })
}

// String is the report for people: a few lines, and of each check the first faults.
func (r *Report) String() string {
	const most = 5
	var b strings.Builder
	fmt.Fprintf(&b, "chaos on %s: %d processes, %d records, seed %d, %.0f s\n", r.Store, r.Processes, r.Effort.Records, r.Seed, r.Took.Seconds())
	for _, f := range r.Figures {
		fmt.Fprintf(&b, "%9d  %s\n", f.N, f.Name)
	}
	for _, f := range r.Findings {
		verdict := "ok"
		if n := len(f.Faults); n > 0 {
			verdict = fmt.Sprintf("NOT SO, %d times", n)
		}
		fmt.Fprintf(&b, "  %-45s %s\n", f.Check, verdict)
		for i, fault := range f.Faults {
			if i == most {
				b.WriteString("      …\n")
				break
			}
			fmt.Fprintf(&b, "      %s\n", fault)
		}
	}
	return b.String()
}

// report gathers the evidence and examines it.
func (r *run) report(ctx context.Context) (*Report, error) {
	took := time.Since(r.begun)
	e := &evidence{
		orders: r.load.given(), calls: r.world.all(), said: r.testimony.all(), woken: r.mischief.woken,
		faults: slices.Concat(r.faults, r.load.faults, r.mischief.faults),
	}
	if err := e.gather(ctx, r.direct); err != nil {
		return nil, fmt.Errorf("chaos: the store cannot be read after the run: %w", err)
	}
	return &Report{
		Store: r.Store, Processes: r.processes, Seed: r.Seed, Effort: r.Effort, Took: took,
		Figures: append(r.mischief.figures(), e.figures()...), Findings: e.examine(),
	}, nil
}

// figures counts what the evidence holds.
func (e *evidence) figures() []Figure {
	operations, lines := 0, 0
	for i := range e.records {
		operations += len(e.records[i].operations())
		lines += len(e.records[i].lines)
	}
	results := map[result]int{}
	for i := range e.calls {
		results[e.calls[i].Result]++
	}
	deeds := map[deed]int{}
	for _, s := range e.said {
		deeds[s.Did]++
	}
	return []Figure{
		{"operations", operations},
		{"lines of history", lines},
		{"effects", len(e.effects)},
		{"calls of the world", len(e.calls)},
		{"… that failed", results[resultFailed]},
		{"… that were cut off", results[resultUnread]},
		{"… that asked for what was done, under the same key", results[resultAgain]},
		{"leases given out", deeds[claimed]},
		{"writes accepted", deeds[wrote] + deeds[settled]},
		{"… refused because the lease was lost", deeds[lost]},
		{"… of these by processes that had been paused", e.refusedAfterSleep()},
		{"… refused because the record had moved", deeds[outrun]},
		{"… whose outcome the store could not tell", deeds[unsaid]},
	}
}

// Lines writes to what several write to. It is safe for concurrent use.
type lines struct {
	mu sync.Mutex
	w  io.Writer
}

// Write writes p at once.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
