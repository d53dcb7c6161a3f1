package refresh

import (
	"errors"
	"strings"
	"time"

	"github.com/reeve-go/reeve/supervision"
)

// An Outcome is what a refresh did to a collection.
type Outcome struct {
	// At is when it was saved.
	At       time.Time `json:"at,omitzero"`
	Targeted bool      `json:"targeted,omitempty"`
	// These are how many rows were written and how, were as they should be, and were not written because of
	// what the parser said; and how many references point at nothing.
	Inserts    int `json:"inserts,omitempty"`
	Updates    int `json:"updates,omitempty"`
	Deletes    int `json:"deletes,omitempty"`
	Archives   int `json:"archives,omitempty"`
	Unchanged  int `json:"unchanged,omitempty"`
	Refused    int `json:"refused,omitempty"`
	Unresolved int `json:"unresolved,omitempty"`
	// Incomplete says why nothing was removed. Empty: what is gone was.
	Incomplete string `json:"incomplete,omitempty"`
}

// A report is what comes of a refresh: what was saved, and what went wrong with it.
type report struct {
	Collections map[string]Outcome `json:"collections,omitempty"`
	Error       string             `json:"error,omitempty"`
}

// take takes down what came of a refresh, and returns why it failed; empty: it did not.
func (l *lifecycle) take(t *turn, r report, err error) string {
	if failed, is := errors.AsType[*supervision.EffectError](err); is {
		return clip(failed.Text)
	}
	for name, of := range r.Collections {
		of.At = t.Now
		if t.Data.Collections == nil {
			t.Data.Collections = map[string]Outcome{}
		}
		t.Data.Collections[name] = of
	}
	return r.Error
}

// outcomes returns what a plan that was saved did to its collections.
func outcomes(p *Plan) map[string]Outcome {
	unresolved := map[string]int{}
	for _, u := range p.Unresolved() {
		unresolved[u.Collection]++
	}
	out := make(map[string]Outcome, len(p.Collections))
	for _, c := range p.Collections {
		out[c.Name] = Outcome{
			Targeted: p.Targeted, Inserts: c.Inserts, Updates: c.Updates, Deletes: c.Deletes, Archives: c.Archives,
			Unchanged: c.Unchanged, Refused: c.Refused, Unresolved: unresolved[c.Name], Incomplete: clip(c.Incomplete),
		}
	}
	return out
}

// mostText bounds what is kept of an error.
const mostText = 1024

func clip(text string) string {
	if len(text) > mostText {
		return strings.ToValidUTF8(text[:mostText], "") + "…"
	}
	return text
}
