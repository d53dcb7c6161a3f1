package chaos

import (
	"cmp"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// checkWrites: from each version of a record one write was accepted, with ever newer tokens, and none of
// an effect after the one that ended it.
func checkWrites(e *evidence, found found) {
	writes := map[storage.Key][]said{}
	for _, s := range e.said {
		if s.Did == wrote || s.Did == settled {
			writes[s.Key] = append(writes[s.Key], s)
		}
	}
	if len(writes) == 0 && len(e.records) > 0 {
		found("nobody said what he wrote")
	}
	for _, key := range sortedKeys(writes) {
		if all := writes[key]; key.Kind == storage.EffectKind {
			checkSettlements(key, all, found)
		} else {
			checkChanges(key, all, found)
		}
	}
}

func checkChanges(key storage.Key, writes []said, found found) {
	slices.SortStableFunc(writes, func(a, b said) int { return cmp.Compare(a.Version, b.Version) })
	newest := said{}
	for i, w := range writes {
		if i > 0 && w.Version == writes[i-1].Version {
			found("%s was written from version %d by %s and by %s", key, w.Version, writes[i-1].Process, w.Process)
		}
		if w.Token == 0 {
			continue // an order
		}
		if w.Token <= newest.Token {
			found("%s wrote %s from version %d with token %d, after %s had with token %d", w.Process, key, w.Version, w.Token, newest.Process, newest.Token)
		}
		newest = w
	}
}

func checkSettlements(key storage.Key, writes []said, found found) {
	slices.SortStableFunc(writes, func(a, b said) int { return cmp.Compare(a.Token, b.Token) })
	for i, w := range writes[1:] {
		if before := writes[i]; before.Ended || before.Token == w.Token {
			found("%s settled %s with token %d, after %s had with token %d", w.Process, key, w.Token, before.Process, before.Token)
		}
	}
}

// checkClaims: each lease was given out once.
func checkClaims(e *evidence, found found) {
	type lease struct {
		key   storage.Key
		token storage.Token
	}
	holders := map[lease]string{}
	for _, s := range e.said {
		if s.Did != claimed {
			continue
		}
		l := lease{s.Key, s.Token}
		if other, given := holders[l]; given {
			found("%s and %s both have the lease on %s with token %d", other, s.Process, s.Key, s.Token)
		}
		holders[l] = s.Process
	}
}

// checkRefused: of the processes that were stopped for longer than their leases at least one tried to
// write afterwards, and was refused. Otherwise the run proves nothing about stale holders.
func checkRefused(e *evidence, found found) {
	if len(e.woken) > 0 && e.refusedAfterSleep() == 0 {
		found("none of %d paused processes was refused anything; the run shows nothing about stale holders, so another seed is needed", len(e.woken))
	}
}

// refusedAfterSleep counts the leases that processes had lost while they were paused.
func (e *evidence) refusedAfterSleep() (n int) {
	for _, s := range e.said {
		if at, paused := e.woken[s.Process]; paused && s.Did == lost && !s.At.Before(at) {
			n++
		}
	}
	return n
}

// checkLeases: nobody holds a record or an effect.
func checkLeases(e *evidence, found found) {
	for i := range e.records {
		if r := &e.records[i]; r.Holder != "" {
			found("%s is held by %s until %v", r.Key, r.Holder, r.HeldUntil)
		}
	}
	for i := range e.effects {
		if f := &e.effects[i]; f.Owner != "" || f.Status == storage.EffectRunning {
			found("effect %s of %s is %s, held by %q", f.ID, f.From, f.Status, f.Owner)
		}
	}
}

func sortedKeys[V any](m map[storage.Key]V) []storage.Key {
	return slices.SortedFunc(maps.Keys(m), func(a, b storage.Key) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID)) })
}
