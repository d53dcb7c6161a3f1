package storagetest

import (
	"time"

	"github.com/reeve-go/reeve/storage"
)

func guards() group {
	return group{"2 two guards on each write", []testCase{
		{name: "the version guards an order", run: versionGuards},
		{name: "the version guards a turn", run: versionGuardsTurn},
		{name: "a lost lease is told before a conflict", run: leaseLostFirst},
		{name: "an older token writes nothing", run: olderToken},
		{name: "a change ends its lease", run: changeEndsLease},
		{name: "a refused change leaves its lease", run: refusedKeepsLease},
		{name: "an order does not end a lease", run: orderKeepsLease},
		{name: "the fence is the newest token that has written", run: fenceIsNewest},
		{name: "a newer token from elsewhere is accepted", run: foreignToken},
		{name: "an expired lease that nobody took over may still write", run: expiredMayWrite},
	}}
}

func versionGuards(s *scene) {
	s.create("a")
	stale := s.order("a", s.inState(2))
	s.must(s.order("a", s.inState(1)))
	s.refused(stale, storage.ErrConflict)
	ahead := s.order("a", s.inState(2))
	ahead.Version++
	s.refused(ahead, storage.ErrConflict)
}

func versionGuardsTurn(s *scene) {
	s.create("a", s.dueIn(0))
	held := s.claimed("a due record", "a")[0]
	s.must(s.order("a", s.inState(1)))
	s.refused(turn(held, s.inState(2)), storage.ErrConflict)
}

// overtaken claims a record, lets the lease expire and claims it again.
func (s *scene) overtaken() (lost, newest storage.Snapshot) {
	s.Helper()
	s.create("a", s.dueIn(0))
	lost = s.claimed("a due record", "a")[0]
	s.pass(ttl)
	return lost, s.claimed("a record whose lease has expired", "a")[0]
}

func leaseLostFirst(s *scene) {
	lost, _ := s.overtaken()
	s.must(s.order("a", s.inState(1))) // so that the version is another, too
	s.refused(turn(lost, s.inState(2)), storage.ErrLeaseLost)
}

func olderToken(s *scene) {
	lost, newest := s.overtaken()
	s.refused(turn(lost, s.inState(2)), storage.ErrLeaseLost)
	s.is("the change under the newest lease", s.apply(turn(newest, s.inState(1)))[0], nil)
	s.refused(turn(lost, s.inState(2)), storage.ErrLeaseLost)
}

func changeEndsLease(s *scene) {
	s.create("a", s.dueIn(0))
	held := s.claimed("a due record", "a")[0]
	s.must(turn(held, s.inState(1), s.dueIn(0)))
	again := turn(held, s.inState(2))
	again.Version++
	s.refused(again, storage.ErrLeaseLost)
	s.is("extending a lease that its change ended", s.extend(held.Lease)[0], storage.ErrLeaseLost)
	s.release(time.Hour, held.Lease)
	s.claimed("a record that is due, whatever its ended lease was used for", "a")
}

func refusedKeepsLease(s *scene) {
	s.create("a", s.dueIn(0))
	held := s.claimed("a due record", "a")[0]
	s.must(s.order("a", s.inState(1), s.dueIn(0)))
	s.is("a turn that an order overtook", s.apply(turn(held))[0], storage.ErrConflict)
	s.claimed("a record whose turn conflicted")
	held.Version++
	s.is("the same turn, decided again", s.apply(turn(held, s.inState(2)))[0], nil)
	s.same("the state after it", s.load("a").State, s.States[2])
}

func orderKeepsLease(s *scene) {
	s.create("a", s.dueIn(0))
	held := s.claimed("a due record", "a")[0]
	s.must(s.order("a", s.dueIn(0)))
	s.claimed("a record with an order during its turn")
	s.is("extending a lease after an order", s.extend(held.Lease)[0], nil)
	s.pass(ttl)
	s.claimed("the record after the lease, due by the order or the lease", "a")
}

func fenceIsNewest(s *scene) {
	s.same("the fence of a new record", s.create("a", s.dueIn(0)).Fence, storage.Token(0))
	held := s.claimed("a due record", "a")[0]
	s.same("the fence while nothing was written", s.load("a").Fence, storage.Token(0))
	s.must(turn(held, s.dueIn(0)))
	s.same("the fence after a turn", s.load("a").Fence, held.Lease.Token)
	s.must(s.order("a", s.dueIn(0)))
	s.same("the fence after an order", s.load("a").Fence, held.Lease.Token)
	newer := s.claimed("a due record", "a")[0]
	if newer.Lease.Token <= held.Lease.Token {
		s.Fatalf("the newer lease has token %d after %d; a newer lease has a greater token", newer.Lease.Token, held.Lease.Token)
	}
	s.same("the fence in a claim", newer.Fence, held.Lease.Token)
}

func foreignToken(s *scene) {
	s.create("a", s.dueIn(0))
	held := s.claimed("a due record", "a")[0]
	locked := turn(held, s.inState(1), s.dueIn(0))
	locked.Token += 40 // a host's Locker gave it
	s.must(locked)
	s.same("the fence after it", s.load("a").Fence, locked.Token)
	held.Version++
	s.refused(turn(held), storage.ErrLeaseLost)
	if next := s.claimed("a due record", "a")[0]; next.Lease.Token <= locked.Token {
		s.Fatalf("the next lease has token %d; it must be greater than %d, which has written", next.Lease.Token, locked.Token)
	}
}

func expiredMayWrite(s *scene) {
	s.create("a", s.dueIn(0))
	held := s.claimed("a due record", "a")[0]
	s.pass(10 * ttl)
	s.is("a change under a lease that expired, but is still the newest", s.apply(turn(held, s.inState(1)))[0], nil)
	s.same("the state after it", s.load("a").State, s.States[1])
}
