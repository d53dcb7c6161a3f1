package nats

import (
	"context"
	"time"
)

// perRequest gives each request to the server a time of its own, that of JetStream's default. Else one whose answer is lost would take all the time that
// the caller has for the rest.
func perRequest(ctx context.Context) context.Context { return undated{ctx} }

// Undated hides when a context ends, which it does all the same: where there is no deadline the library has its own.
type undated struct{ context.Context }

func (undated) Deadline() (time.Time, bool) { return time.Time{}, false }
