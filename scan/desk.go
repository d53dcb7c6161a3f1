package scan

import "context"

// A Desk is where agents report. A [Manager] is one; so is whatever brings reports to it from afar.
type Desk interface {
	// Report says how far requests are, and returns what to do about each, in the same order. A request goes on only while the desk says so:
	// what is not reported, because nothing was done, or because the desk cannot be reached, is not extended.
	Report(ctx context.Context, progress []Progress) ([]Directive, error)
	// Beat says that an agent is there and how much it does, and returns what it is to do about itself.
	Beat(ctx context.Context, b Beat) (Order, error)
}

// A Beat is what an agent says of itself, at the least from time to time.
type Beat struct {
	Agent string `json:"agent"`
	// Width is how many requests it works on at most, Busy on how many it does.
	Width int `json:"width"`
	Busy  int `json:"busy"`
	// Worked counts what it has done, in steps of any size: one that is busy while this stands still is stuck.
	Worked uint64 `json:"worked"`
	// Idle: it took a last look at the queue, found nothing, takes nothing any more and is about to stop. Drained: it was told to drain, and
	// has ended all it had.
	Idle    bool `json:"idle,omitempty"`
	Drained bool `json:"drained,omitempty"`
}

// An Order is what an agent is told about itself.
type Order string

// What agents are told.
const (
	// Work: take requests.
	Work Order = "work"
	// Drain: take no more, end what was begun, then stop.
	Drain Order = "drain"
	// Stop: nobody waits for anything of it; stop at once.
	Stop Order = "stop"
)
