package main

import (
	"fmt"
	"math"
	"time"
)

// A goal is what a row is to keep. The zero value is none: the row is only reported.
type goal struct {
	text string
	kept func(f figures) bool
}

// Figures are what a row came to. Peer and ratio are zero where there is none.
type figures struct{ ours, peer, ratio float64 }

// ratioAtMost: ours costs at most that many times what the peer costs.
func ratioAtMost(most float64) goal {
	return goal{fmt.Sprintf("≤ %.2f ×", most), func(f figures) bool { return f.ratio <= most }}
}

// atMost: ours is at most that many units.
func atMost(most float64) goal {
	return goal{fmt.Sprintf("≤ %g", most), func(f figures) bool { return f.ours <= most }}
}

// within: ours takes that long at most.
func within(most time.Duration) goal {
	return goal{"≤ " + most.String(), func(f figures) bool { return f.ours <= float64(most) }}
}

// moreAtMost: ours is at most that many units more than the peer.
func moreAtMost(most float64) goal {
	return goal{fmt.Sprintf("≤ + %g", most), func(f figures) bool { return f.ours <= f.peer+most }}
}

// atMostAndAsPeer: ours is at most that many units, and as many as the peer.
func atMostAndAsPeer(most float64) goal {
	return goal{fmt.Sprintf("≤ %g, = peer", most), func(f figures) bool { return f.ours <= most && f.ours == f.peer }}
}

// A result is a row as it was measured; in JSON, what is null does not apply.
type result struct {
	Name    string   `json:"name"`
	Value   float64  `json:"value"`
	Unit    string   `json:"unit"`
	Peer    string   `json:"peer"`
	Against *float64 `json:"against"`
	Ratio   *float64 `json:"ratio"`
	Goal    string   `json:"goal"`
	Holds   *bool    `json:"holds"`
}

// result judges rounded figures: what is printed is what is judged.
func (r *row) result(f figures) result {
	f = figures{rounded(f.ours, r.meter.parts), rounded(f.peer, r.meter.parts), rounded(f.ratio, 1000)}
	out := result{Name: r.name, Value: f.ours, Unit: r.meter.unit, Peer: r.peer, Goal: r.goal.text}
	if r.peer != "" {
		out.Against = &f.peer
		if f.peer > 0 {
			out.Ratio = &f.ratio
		}
	}
	if r.goal.kept != nil {
		kept := r.goal.kept(f)
		out.Holds = &kept
	}
	return out
}

func rounded(f, parts float64) float64 { return math.Round(f*parts) / parts }
