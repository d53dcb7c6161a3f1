package supervision

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A permit is a lease on one of the records, numbered from 1, that stand for what may go on at once
// over all supervisors on a store. They are always due, so that who claims one has it.
type permit struct {
	storage.Lease
	asked time.Time // before the store was asked for it
}

func permitLeases(permits []permit) []storage.Lease {
	out := make([]storage.Lease, len(permits))
	for i := range permits {
		out[i] = permits[i].Lease
	}
	return out
}

// permitKind returns the kind of the permits for all turns, or effects, of a name.
func permitKind(sort, name string) string {
	kind := ownPrefix + "permit." + sort + "." + name
	if len(kind) > storage.MaxName {
		kind = ownPrefix + "permit." + sort + "." + digest(name)
	}
	return kind
}

// groupPermitKind returns the kind of the permits for those of a group.
func groupPermitKind(sort, name, group string) string {
	return ownPrefix + "group-permit." + sort + "." + digest(name, group)
}

// A wish is for n permits of a kind of which there may be most.
type wish struct{ n, most int }

// Permits gets permits from a store. One goroutine uses it.
type permits struct {
	w    *worker
	made map[string]made
	free map[string][]permit // claimed in this round and given to nobody yet, by kind
}

func newPermits(w *worker) permits {
	return permits{w: w, made: map[string]made{}, free: map[string][]permit{}}
}

// Made says how many permits of a kind are known to have been made, and since when.
type made struct {
	n  int
	at time.Time
}

// claim claims permits until as many of each kind are free here as are wished for, or there are.
func (p *permits) claim(ctx context.Context, wishes map[string]wish) error {
	for {
		lack, limit := map[string]wish{}, 0
		for kind, wish := range wishes {
			if wish.n -= len(p.free[kind]); wish.n > 0 {
				lack[kind] = wish
				limit += wish.n
			}
		}
		if limit == 0 {
			return nil
		}
		asked := time.Now()
		seen, err := p.w.store.Claim(ctx, storage.Claim{
			Names: slices.Sorted(maps.Keys(lack)), Owner: p.w.options.Name, Limit: limit, TTL: p.w.options.Lease,
		})
		if err != nil {
			return err
		}
		for _, s := range p.valid(ctx, seen, lack) {
			p.free[s.Key.Kind] = append(p.free[s.Key.Kind], permit{s.Lease, asked})
		}
		if len(seen) == limit {
			continue
		}
		if more, err := p.make(ctx, lack); !more || err != nil {
			return err
		}
	}
}

// giveBack gives back what was claimed and not needed.
func (p *permits) giveBack(ctx context.Context) {
	var spare []storage.Lease
	for _, free := range p.free {
		spare = append(spare, permitLeases(free)...)
	}
	clear(p.free)
	p.w.release(ctx, 0, spare...)
}

// valid returns the permits that there may be, and removes the others: there was room for more once.
func (p *permits) valid(ctx context.Context, seen []storage.Snapshot, wishes map[string]wish) []storage.Snapshot {
	var gone []storage.Change
	seen = slices.DeleteFunc(seen, func(s storage.Snapshot) bool {
		number, err := strconv.Atoi(s.Key.ID)
		excess := err != nil || number > wishes[s.Key.Kind].most
		if excess {
			gone = append(gone, storage.Change{Key: s.Key, Version: s.Version, Token: s.Lease.Token, Delete: true})
		}
		return excess
	})
	if len(gone) > 0 {
		if _, err := p.w.store.Apply(ctx, gone); err != nil {
			p.w.log.Warn("permits beyond a cap cannot be removed", "permits", len(gone), "error", err)
		}
	}
	return seen
}

// make makes permits of kinds that are short of them and may have more: as many as are missing, and at
// least as many as there were. It is false if there are enough; that is looked at again now and then,
// because somebody may have removed some.
func (p *permits) make(ctx context.Context, lack map[string]wish) (bool, error) {
	now := time.Now()
	maps.DeleteFunc(p.made, func(_ string, m made) bool { return now.Sub(m.at) >= time.Minute })
	always := time.Unix(1, 0).UTC()
	var changes []storage.Change
	for kind, wish := range lack {
		have := p.made[kind].n
		until := min(have+max(have, wish.n), wish.most)
		if until <= have {
			continue
		}
		p.made[kind] = made{until, now}
		for number := have + 1; number <= until; number++ {
			key := storage.Key{Kind: kind, ID: strconv.Itoa(number)}
			changes = append(changes, storage.Change{Key: key, Record: storage.Record{State: "there", Due: always}})
		}
	}
	if len(changes) == 0 {
		return false, nil
	}
	answers, err := p.w.store.Apply(ctx, changes)
	if err != nil {
		clear(p.made)
		return false, err
	}
	for _, answer := range answers {
		if answer != nil && !errors.Is(answer, storage.ErrExists) {
			err = answer
		}
	}
	return err == nil, err
}

// admit gets the permits that pieces need, for all of them in one request. It returns those that have
// them; the others are set aside.
func (g *gates) admit(ctx context.Context, pieces []*piece) (in []*piece, err error) {
	wishes := map[string]wish{}
	for _, p := range pieces {
		for kind, most := range p.needs() {
			wishes[kind] = wish{wishes[kind].n + 1, most}
			p.gate.want()
		}
	}
	err = g.permits.claim(ctx, wishes)
	var denied []*piece
	for _, p := range pieces {
		if !p.take(g.permits.free) {
			p.placed, p.denied = false, true
			p.gate.exit(p.group)
			denied = append(denied, p)
			continue
		}
		if p.placed {
			p.gate.begin(p.group, p.begun)
			p.queue().moved = p.begun
		}
		in = append(in, p)
	}
	g.setAside(denied)
	g.permits.giveBack(ctx)
	return in, err
}

// needs returns the kinds of permits that a piece with a place needs, with how many there may be.
func (p *piece) needs() map[string]int {
	needs := map[string]int{}
	if !p.placed {
		return needs
	}
	if most := p.gate.caps.Store; most > 0 {
		needs[p.gate.permit] = most
	}
	if most := p.gate.caps.GroupStore; most > 0 {
		needs[groupPermitKind(p.gate.sort, p.gate.name, p.group)] = most
	}
	return needs
}

// take takes the permits that a piece needs from those that are free, if there is one of each.
func (p *piece) take(free map[string][]permit) bool {
	needs := p.needs()
	for kind := range needs {
		if len(free[kind]) == 0 {
			p.gate.scarce = p.gate.scarce || kind == p.gate.permit
			return false
		}
	}
	for kind := range needs {
		p.permits = append(p.permits, free[kind][0])
		free[kind] = free[kind][1:]
	}
	return true
}
