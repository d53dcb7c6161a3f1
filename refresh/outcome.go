package refresh

import (
	"errors"

	"github.com/reeve-go/reeve/supervision"
)

// An Outcome is what a refresh that was saved did to a collection.
type Outcome struct {
	Collection string `json:"collection"`
	// These are how many rows were written and how, were as they should be, were not brought and stay nevertheless,
	// and were not written because of what the parser said; and how many references point at nothing.
	Inserts    int `json:"inserts,omitempty"`
	Updates    int `json:"updates,omitempty"`
	Deletes    int `json:"deletes,omitempty"`
	Archives   int `json:"archives,omitempty"`
	Unchanged  int `json:"unchanged,omitempty"`
	Kept       int `json:"kept,omitempty"`
	Refused    int `json:"refused,omitempty"`
	Unresolved int `json:"unresolved,omitempty"`
	// Incomplete says why nothing was removed. Empty: what is gone was.
	Incomplete string `json:"incomplete,omitempty"`
}

// outcomes returns what a plan that was saved did to its collections.
func outcomes(p *Plan) []Outcome {
	out := make([]Outcome, len(p.Collections))
	for i, c := range p.Collections {
		out[i] = Outcome{
			Collection: c.Name, Inserts: c.Inserts, Updates: c.Updates, Deletes: c.Deletes, Archives: c.Archives,
			Unchanged: c.Unchanged, Kept: c.Kept, Refused: c.Refused, Unresolved: c.Unresolved, Incomplete: clip(c.Incomplete),
		}
	}
	return out
}

// A report is what comes of a refresh: what was saved, if anything was, and what went wrong.
type report struct {
	Saved []Outcome `json:"saved,omitempty"`
	Error string    `json:"error,omitempty"`
}

// reported returns what came of the effect of a refresh.
func reported(r report, err error) report {
	if failed, is := errors.AsType[*supervision.EffectError](err); is { // its program died of it, or its code panicked
		return report{Error: clip(failed.Text)}
	}
	return r
}

// mostText bounds what is kept of an error.
const mostText = 1024
