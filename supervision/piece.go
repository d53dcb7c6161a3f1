package supervision

import (
	"context"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A piece of work is what the store handed out: a record for its turn, or an effect to be performed.
type piece struct {
	name, group string // its kind or sort, and its group there
	lease       storage.Lease
	asked       time.Time         // before the store was asked for the lease
	record      *storage.Snapshot // one of the two
	effect      *storage.Taken

	gate    *gate     // of its name; nil: there are no caps
	number  uint64    // the younger, the greater; of records: as they came
	waits   bool      // for a place
	placed  bool      // it has a place
	begun   time.Time // when it got it
	denied  bool      // it had to give it back, because others had the permits
	permits []permit
	ended   []func() // for those who keep the permits
}

// needsPlace reports whether a piece needs a place: what is overdue is not going to be performed.
func (p *piece) needsPlace() bool {
	return p.gate != nil && (p.effect == nil || !overdue(p.effect, p.effect.Now))
}

func leasesOf(pieces []*piece) []storage.Lease {
	out := make([]storage.Lease, len(pieces))
	for i, p := range pieces {
		out[i] = p.lease
	}
	return out
}

// keep keeps the permits of a piece until it leaves, and returns the context for the work on it.
func (p *piece) keep(ctx context.Context, keeper *storage.Keeper) context.Context {
	for _, permit := range p.permits {
		work, ended := keeper.Keep(ctx, permit.Lease, permit.asked)
		ctx, p.ended = work, append(p.ended, ended)
	}
	return ctx
}

// leave gives back the places of pieces on which the work is done. It may be called again.
func (w *worker) leave(ctx context.Context, pieces ...*piece) {
	var permits []storage.Lease
	for _, p := range pieces {
		for _, ended := range p.ended {
			ended()
		}
		permits = append(permits, permitLeases(p.permits)...)
		p.permits, p.ended = nil, nil
	}
	w.release(ctx, 0, permits...)
	for _, p := range pieces {
		if p.placed {
			p.placed = false
			p.gate.leave(p.group, time.Since(p.begun))
		}
	}
}
