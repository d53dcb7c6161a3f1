package storagetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// races tells again, by their names, the lease races that other provisioners lost.
func races() group {
	return group{"lease races", []testCase{
		{name: "E1 what is refused is not written all the same", run: raceE1},
		{name: "E2 a valid lease does not vouch for a stale copy", run: raceE2},
		{name: "E3 an expired lease of another kind hides nothing", run: raceE3},
		{name: "E4 the lease of a dead owner stops nobody else", run: raceE4},
		{name: "E6 one of many contenders wins", run: raceE6, real: true},
		{name: "E7 nothing is done twice under load", run: raceE7, real: true},
		{name: "E8 those that wait do not hold up those that can go", run: raceE8},
		{name: "S16 slow work keeps its lease by extending it", run: raceS16},
	}}
}

// E1: the save of somebody who no longer held the lease was answered with a refusal, and committed.
func raceE1(s *scene) {
	s.bigScene()
	s.must(s.order("a", s.dueIn(0)))
	lost := s.claim(1)[0]
	s.pass(ttl)
	newest := s.claim(1)[0]
	s.same("who is claimed, and claimed again", []string{lost.Key.ID, newest.Key.ID}, []string{"a", "a"})
	s.refused(turn(lost, s.big), storage.ErrLeaseLost)
	s.must(turn(newest, s.inState(1)))
	s.refused(turn(lost, s.big), storage.ErrLeaseLost)
}

// E2: one who had read before another's turn then got the lease, valid for what he had read.
func raceE2(s *scene) {
	read := s.create("a", s.dueIn(0))
	s.must(turn(s.claim(1)[0], s.inState(1), s.dueIn(0)))
	held := s.claim(1)[0]
	s.same("the state in a claim, which is that of the same moment", held.State, s.States[1])
	read.Lease = held.Lease
	s.refused(turn(read, s.inState(2)), storage.ErrConflict)
}

// E3: leases were found by the id alone, so a lease on another kind's record hid this one.
func raceE3(s *scene) {
	s.create("same", s.dueIn(0))
	s.must(storage.Change{Key: s.keyOf(other, "same"), Record: storage.Record{State: "new", Due: s.now()}})
	s.same("the other kind's record", idsOf(s.claimOf(storage.Claim{Names: []string{other}, Owner: owner, Limit: 1, TTL: ttl})), []string{"same"})
	s.release(time.Hour, s.claimed("a record while one of another kind with its id is leased", "same")[0].Lease)
	s.pass(time.Hour)
	s.claimed("a record while the lease on one of another kind with its id has expired", "same")
}

// E4: a save beside the expired lease of a dead process was answered with a refusal, and written.
func raceE4(s *scene) {
	s.create("a", s.dueIn(0))
	dead := s.claim(1)[0]
	s.pass(10 * ttl)
	s.must(s.order("a", s.inState(1), s.dueIn(0)))
	s.refused(turn(dead, s.inState(2)), storage.ErrConflict)
	next := s.claim(1)[0]
	s.refused(turn(dead, s.inState(2)), storage.ErrLeaseLost)
	s.must(turn(next, s.inState(2)))
}

// E6: select, then insert, then update gave a lease to several contenders in nearly every round.
func raceE6(s *scene) {
	const rounds, contenders = 25, 8
	stores := s.handles(contenders)
	s.create("a", s.dueIn(0))
	for round := range rounds {
		var mu sync.Mutex
		var winners []storage.Snapshot
		s.contend(contenders, func(i int) error {
			got, err := stores[i].Claim(s.ctx, storage.Claim{Names: []string{s.Kind}, Owner: fmt.Sprint(i), Limit: 1, TTL: time.Hour})
			mu.Lock()
			defer mu.Unlock()
			winners = append(winners, got...)
			return err
		})
		s.same(fmt.Sprintf("how many of %d contenders win in round %d", contenders, round), len(winners), 1)
		s.must(turn(winners[0], s.dueIn(-time.Second)))
	}
}

// E7: without any artificial delay, workers handled some records twice.
func raceE7(s *scene) {
	const workers, n, batch = 4, 200, 20
	stores := s.handles(workers)
	c := s.creation("0")
	for i := range n {
		k := storage.Key{Kind: s.Kind, ID: fmt.Sprintf("r%03d", i)}
		c.Spawn = append(c.Spawn, storage.Spawn{Record: storage.Record{Key: k, State: s.States[0], Data: s.Data(0), Due: s.now()}})
	}
	s.must(c)
	var mu sync.Mutex
	handled := map[storage.Key]int{}
	s.contend(workers, func(i int) error {
		for range 10 * n / batch { // more than enough, if nothing is handed out twice
			held, err := stores[i].Claim(s.ctx, storage.Claim{Names: []string{s.Kind}, Owner: fmt.Sprint(i), Limit: batch, TTL: time.Hour})
			if err != nil || len(held) == 0 {
				return err
			}
			var changes []storage.Change
			mu.Lock()
			for _, h := range held {
				handled[h.Key]++
				changes = append(changes, turn(h, s.inState(1)))
			}
			mu.Unlock()
			answers, err := stores[i].Apply(s.ctx, changes)
			if err != nil {
				return err
			}
			for _, answer := range answers {
				if answer != nil {
					return answer
				}
			}
		}
		return nil
	})
	s.same("how many records were handled", len(handled), n)
	for k, times := range handled {
		if times != 1 {
			s.Errorf("%v was handled %d times; each record is claimed by one", k, times)
		}
	}
}

// E8: a batch of records in backoff was fetched again and again, and starved the one behind them.
func raceE8(s *scene) {
	const waiting = 20
	for i := range waiting {
		s.create(fmt.Sprintf("waiting%02d", i), s.dueIn(-time.Hour))
	}
	for _, held := range s.claim(waiting) {
		s.must(turn(held, s.dueIn(127*time.Second), func(c *storage.Change) { c.Record.Failures = 8 }))
	}
	s.pass(time.Second)
	s.create("fresh", s.dueIn(0))
	s.same("a batch of as many as are waiting", idsOf(s.claim(waiting)), []string{"fresh"})
}

// S16: work that took longer than the lease was begun a second time, and both results were saved.
func raceS16(s *scene) {
	s.create("a", s.dueIn(0), emits(effect("e", "")))
	held, running := s.claim(1)[0], s.takenNow("a new effect", "e")[0]
	for range 10 {
		s.pass(ttl - time.Microsecond)
		s.claimed("a record whose slow holder extends its lease")
		s.takenNow("an effect whose slow performer extends its lease")
		for _, answer := range s.extend(held.Lease, running.Lease) {
			s.is("extending in time", answer, nil)
		}
	}
	s.must(turn(held, s.inState(1)))
	s.settled(settlement(running, storage.EffectDone))
}
