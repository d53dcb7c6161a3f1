package chaos

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// An Effort says how much is done, and how much is done to it.
type Effort struct {
	// Records is how many records there are; every other one has two operations.
	Records int
	// Span is how long orders are given, and mischief is done.
	Span time.Duration
	// Lease is for how long processes claim records and effects.
	Lease time.Duration
	// Kills, Pauses and Cuts are how often processes are killed, processes are paused, and connections
	// are cut.
	Kills, Pauses, Cuts int
	// Limit is when a run is given up that does not come to its end.
	Limit time.Duration
}

// Quick takes about a quarter of a minute, and Long about four.
var (
	Quick = Effort{
		Records: 500, Span: 12 * time.Second, Lease: time.Second,
		Kills: 6, Pauses: 3, Cuts: 6, Limit: 5 * time.Minute,
	}
	Long = Effort{
		Records: 10_000, Span: 150 * time.Second, Lease: 2 * time.Second,
		Kills: 40, Pauses: 8, Cuts: 40, Limit: 10 * time.Minute,
	}
)

// A blow is one thing that is done to the processes or to what they stand on.
type blow struct {
	at    time.Duration // from the beginning
	what  blowKind
	seat  int           // whose process it hits, if it hits one
	lasts time.Duration // until the process is there again
}

type blowKind string

const (
	blowKill    blowKind = "kill"
	blowPause   blowKind = "pause"
	blowCut     blowKind = "cut"
	blowRestart blowKind = "restart"
)

// plan draws the blows, in the order in which they fall.
func (e *Effort) plan(seed uint64, processes int) []blow {
	dice := rand.New(rand.NewPCG(seed, 1))
	between := func(least, most time.Duration) time.Duration {
		return least + time.Duration(dice.Int64N(int64(most-least)))
	}
	var blows []blow
	add := func(n int, what blowKind, least, most time.Duration) {
		for i := range n {
			share := e.Span / time.Duration(n)
			at := time.Duration(i)*share + between(share/8, share)
			blows = append(blows, blow{at, what, dice.IntN(processes), between(least, most)})
		}
	}
	add(e.Kills, blowKill, 0, e.Lease)
	add(e.Pauses, blowPause, 2*e.Lease, 3*e.Lease)
	add(e.Cuts, blowCut, 0, 1)
	blows = append(blows, blow{at: e.Span/3 + between(0, e.Span/3), what: blowRestart})
	slices.SortFunc(blows, func(a, b blow) int { return cmp.Compare(a.at, b.at) })
	return blows
}
