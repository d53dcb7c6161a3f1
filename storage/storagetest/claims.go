package storagetest

import (
	"time"

	"github.com/reeve-go/reeve/storage"
)

func claims() group {
	return group{"3 a claim hides what it hands out", []testCase{
		{name: "for its time", run: hidden},
		{name: "an expired lease is given to the next", run: givenToNext},
		{name: "the tokens of a record count up by one", run: tokensCount},
		{name: "only what is due", run: onlyDue},
		{name: "the oldest first, then by kind and id", run: oldestFirst},
		{name: "only the kinds that are named", run: onlyKinds},
		{name: "a kind that is named twice counts once", run: claimNamedTwice},
		{name: "at most the limit", run: claimLimit},
		{name: "the lease says what was asked for", run: leaseSays},
		{name: "a load says who holds it, and until when", run: loadSays},
		{name: "extending makes it last", run: extendLasts},
		{name: "a lost lease is not extended", run: lostNotExtended},
		{name: "an expired lease that nobody took over is extended", run: expiredExtended},
		{name: "a released record can be claimed when its time has come", run: releaseAfter},
		{name: "a released lease is no longer good", run: releasedIsOver},
		{name: "releasing a lost lease changes nothing", run: releaseLost},
		{name: "the snapshot has the open messages", run: snapshotMessages},
		{name: "the snapshot has the elements that matter", run: snapshotElements},
		{name: "the snapshot is bounded and says so", run: snapshotBounded},
		{name: "an expired lease hides no longer, whatever was written", run: crashAfterOrder},
	}}
}

func hidden(s *scene) {
	s.create("a", s.dueIn(0))
	s.claimed("a due record", "a")
	s.claimed("a record that was claimed")
	s.pass(ttl - time.Microsecond)
	s.claimed("a record shortly before its lease ends")
}

func givenToNext(s *scene) {
	lost, newest := s.overtaken()
	if newest.Lease.Token <= lost.Lease.Token {
		s.Fatalf("the next lease has token %d after %d; it must be greater", newest.Lease.Token, lost.Lease.Token)
	}
	s.claimed("a record that was claimed again")
}

// tokensCount claims a record in vain, writes and releases, and creates it again: what counts claims by their tokens relies on each number.
func tokensCount(s *scene) {
	s.create("a", s.dueIn(0))
	next := storage.Token(1)
	claimed := func(after string) storage.Snapshot {
		s.Helper()
		held := s.claimed("a record after "+after, "a")[0]
		s.same("the token of the lease after "+after, held.Lease.Token, next)
		next++
		return held
	}
	for range 3 {
		claimed("its creation, or a lease that has expired")
		s.pass(ttl)
	}
	held := claimed("leases that have expired")
	s.must(s.order("a", s.dueIn(0)))
	s.is("a turn that an order overtook", s.apply(turn(held))[0], storage.ErrConflict)
	s.is("extending a lease", s.extend(held.Lease)[0], nil)
	s.pass(ttl)
	held = claimed("an order, a conflict and an extension, which use up none")
	s.must(turn(held, s.dueIn(0)))
	next++
	s.release(0, claimed("a turn, which uses up one").Lease)
	next++
	claimed("a release, which uses up one")
	s.must(s.deletion("a"))
	next = storage.Token(s.create("a", s.dueIn(0)).Version)
	claimed("its deletion and creation, where they begin with the version")
}

func onlyDue(s *scene) {
	s.create("never")
	s.create("later", s.dueIn(time.Hour))
	s.create("paused", s.dueIn(0), paused)
	s.create("quarantined", s.dueIn(0), func(c *storage.Change) { c.Record.Status = storage.Quarantined })
	s.create("final", s.dueIn(0), final)
	s.create("now", s.dueIn(0))
	s.create("element", with(storage.Element{Name: "x", State: "new", Due: s.now()}))
	s.claimed("of many records", "element", "now")
	for id, due := range map[string]bool{"never": false, "later": true, "paused": false, "quarantined": false, "final": false} {
		if got := s.load(id).Due; got.IsZero() == due {
			s.Errorf("the record %q is due at %v; paused, quarantined and final records are never due", id, got)
		}
	}
	s.must(s.order("now"))
	s.must(s.order("element", without("x")))
	s.pass(time.Hour - time.Microsecond)
	s.claimed("records shortly before one is due")
	s.pass(time.Microsecond)
	s.claimed("a record that has become due", "later")
}

func oldestFirst(s *scene) {
	s.create("c", s.dueIn(-time.Minute))
	s.create("b", s.dueIn(-time.Minute))
	s.create("a", s.dueIn(-time.Second))
	s.create("z", s.dueIn(-time.Hour))
	s.must(storage.Change{Key: s.keyOf("0", "x"), Record: storage.Record{State: "new", Due: s.now().Add(-time.Minute)}})
	first := s.claimOf(storage.Claim{Names: []string{s.Kind, "0"}, Owner: owner, Limit: 2, TTL: ttl})
	s.same("the oldest, and of those due at one time the first by kind", idsOf(first), []string{"z", "x"})
	s.same("the rest, by time and then id", idsOf(s.claim(100)), []string{"b", "c", "a"})
}

func onlyKinds(s *scene) {
	s.create("a", s.dueIn(0))
	s.must(storage.Change{Key: s.keyOf(other, "b"), Record: storage.Record{State: "new", Due: s.now()}})
	s.must(storage.Change{Key: s.keyOf("third", "c"), Record: storage.Record{State: "new", Due: s.now()}})
	got := s.claimOf(storage.Claim{Names: []string{other}, Owner: owner, Limit: 9, TTL: ttl})
	s.same("a claim of one kind", idsOf(got), []string{"b"})
	got = s.claimOf(storage.Claim{Names: []string{s.Kind, other, "third"}, Owner: owner, Limit: 9, TTL: ttl})
	s.same("a claim of all kinds, of which one record is hidden", len(got), 2)
}

func claimLimit(s *scene) {
	for _, id := range []string{"a", "b", "c"} {
		s.create(id, s.dueIn(0))
	}
	s.same("a claim of up to two", idsOf(s.claim(2)), []string{"a", "b"})
	s.same("a claim of up to two, with one left", idsOf(s.claim(2)), []string{"c"})
}

func leaseSays(s *scene) {
	before := s.create("a", s.dueIn(0))
	s.pass(time.Second)
	got := s.claimOf(storage.Claim{Names: []string{s.Kind}, Owner: "someone", Limit: 1, TTL: 3 * time.Second})[0]
	s.same("the lease", got.Lease, storage.Lease{Key: before.Key, Owner: "someone", Token: got.Lease.Token, TTL: 3 * time.Second})
	if got.Lease.Token == 0 {
		s.Errorf("the lease has token 0, which is no lease")
	}
	s.same("the time of the claim", got.Now, s.now())
	got.Due, before.Due = time.Time{}, time.Time{}
	s.same("the record that was claimed", got.Record, before.Record)
	s.pass(3 * time.Second)
	s.claimed("a record after the time that was asked for", "a")
}

func loadSays(s *scene) {
	held := func(what, holder string, left time.Duration) {
		s.Helper()
		got, until := s.load("a"), time.Time{}
		if holder != "" {
			until = s.now().Add(left)
		}
		s.same("who holds a record "+what, got.Holder, holder)
		s.same("until when a record is held "+what, got.HeldUntil, until)
	}
	someone := storage.Claim{Names: []string{s.Kind}, Owner: "someone", Limit: 1, TTL: time.Hour}
	s.create("a", s.dueIn(0))
	held("that was not claimed", "", 0)
	claimed := s.claimOf(someone)[0]
	s.same("the holder in a claim, which has the lease instead", claimed.Holder, "")
	s.same("the time in a claim, which has the lease instead", claimed.HeldUntil, time.Time{})
	held("that was claimed", "someone", time.Hour)
	s.pass(time.Minute)
	held("that was claimed a minute ago", "someone", 59*time.Minute)
	s.is("extending a lease", s.extend(claimed.Lease)[0], nil)
	s.must(s.order("a", s.dueIn(0)))
	held("whose lease was extended, after an order", "someone", time.Hour)
	s.pass(time.Hour)
	held("whose lease has ended", "", 0)
	newest := s.claimed("a record whose lease has ended", "a")[0]
	held("that another has claimed", owner, ttl)
	s.must(turn(newest, s.dueIn(0)))
	held("that had its turn", "", 0)
	s.release(0, s.claimed("a due record", "a")[0].Lease)
	held("that was released", "", 0)
}

func extendLasts(s *scene) {
	s.create("a", s.dueIn(0))
	s.create("b", s.dueIn(0))
	held := s.claimed("due records", "a", "b")
	s.pass(ttl - time.Second)
	for _, answer := range s.extend(held[1].Lease) {
		s.is("extending a lease", answer, nil)
	}
	s.pass(ttl - time.Second)
	s.claimed("the record whose lease was not extended", "a")
	s.pass(time.Second)
	s.claimed("the record whose extended lease has ended", "b")
}

func lostNotExtended(s *scene) {
	lost, newest := s.overtaken()
	never := lost.Lease
	never.Key = s.key("absent")
	answers := s.extend(lost.Lease, newest.Lease, never)
	s.is("extending a lease that another took over", answers[0], storage.ErrLeaseLost)
	s.is("extending the newest lease", answers[1], nil)
	s.is("extending a lease on what does not exist", answers[2], storage.ErrLeaseLost)
	s.is("the change under the newest lease", s.apply(turn(newest))[0], nil)
}

func expiredExtended(s *scene) {
	s.create("a", s.dueIn(0))
	held := s.claimed("a due record", "a")[0]
	s.pass(2 * ttl)
	s.is("extending a lease that expired but is still the newest", s.extend(held.Lease)[0], nil)
	s.claimed("a record whose lease was extended late")
	s.pass(ttl)
	held = s.claimed("the record after that", "a")[0]
	s.pass(2 * ttl)
	s.must(s.order("a"))
	s.is("extending a lease that expired before the record was put to rest", s.extend(held.Lease)[0], nil)
	s.pass(ttl)
	s.claimed("the record after that, because whoever had it may have died", "a")
}

func releaseAfter(s *scene) {
	s.create("a", s.dueIn(0))
	s.create("b", s.dueIn(0))
	held := s.claimed("due records", "a", "b")
	s.release(0, held[0].Lease)
	s.release(time.Second, held[1].Lease)
	s.claimed("a record that was released for now", "a")
	s.same("when the other is due", s.load("b").Due, s.now().Add(time.Second))
	s.pass(time.Second)
	s.claimed("a record that was released for later", "b")
	s.same("the version, which releasing does not move", s.load("b").Version, uint64(1))
}

func releasedIsOver(s *scene) {
	s.create("a", s.dueIn(0))
	held := s.claimed("a due record", "a")[0]
	s.release(time.Hour, held.Lease)
	s.refused(turn(held), storage.ErrLeaseLost)
	s.is("extending a released lease", s.extend(held.Lease)[0], storage.ErrLeaseLost)
	s.release(0, held.Lease)
	s.claimed("a record whose lease was released twice, first for later")
}

func releaseLost(s *scene) {
	lost, newest := s.overtaken()
	s.release(0, lost.Lease)
	s.claimed("a record whose former holder released it")
	s.is("the change under the newest lease", s.apply(turn(newest))[0], nil)
}

func snapshotMessages(s *scene) {
	s.create("a", s.dueIn(0))
	s.create("b", s.dueIn(0))
	s.delivered(s.message("1", "a"), s.message("2", "b"), s.message("3", "a"), s.message("4", "a"))
	s.must(s.order("a", s.consumes("3", "a", storage.MessageConsumed), s.dueIn(0)))
	held := s.claimed("records with messages", "a", "b")
	s.same("the open messages of a record, by number", held[0].Messages, []storage.Message{s.said("1", "a"), s.said("4", "a")})
	s.same("that there are more", held[0].More, false)
}

func snapshotElements(s *scene) {
	element := func(name string, due time.Duration) storage.Element {
		e := storage.Element{Name: name, State: "new"}
		if due != 0 {
			e.Due = s.now().Add(due)
		}
		return e
	}
	quiet, late, named, soon := element("q", 0), element("l", -time.Second), element("n", 0), element("s", time.Hour)
	s.create("a", with(quiet, soon, named, late))
	to := s.message("m", "a")
	to.Element = "n"
	absent := s.message("m2", "a")
	absent.Element = "absent"
	s.delivered(to, absent)
	held := s.claimed("a record with a message", "a")[0]
	s.same("the elements that are due or that a message names, by name", held.Elements, []storage.Element{late, named})
	s.same("that there are more", held.More, false)
}

func snapshotBounded(s *scene) {
	due := func(name string, ago time.Duration) storage.Element {
		return storage.Element{Name: name, State: "new", Due: s.now().Add(-ago)}
	}
	s.create("messages", s.dueIn(0))
	s.delivered(s.message("1", "messages"), s.message("2", "messages"), s.message("3", "messages"))
	s.create("elements", with(due("x", 1*time.Second), due("y", 2*time.Second), due("z", 3*time.Second)))
	s.create("fits", s.dueIn(0), with(due("x", 1*time.Second), due("y", 2*time.Second)))
	s.delivered(s.message("1", "fits"), s.message("2", "fits"))
	got := s.claimOf(storage.Claim{Names: []string{s.Kind}, Owner: owner, Limit: 9, TTL: ttl, Most: 2})
	seen := map[string]storage.Snapshot{}
	for _, held := range got {
		seen[held.Key.ID] = held
	}
	s.same("the first messages of a record with too many", seen["messages"].Messages,
		[]storage.Message{s.said("1", "messages"), s.said("2", "messages")})
	s.same("that there are more messages", seen["messages"].More, true)
	s.same("the elements due longest of a record with too many", seen["elements"].Elements,
		[]storage.Element{due("y", 2*time.Second), due("z", 3*time.Second)})
	s.same("that there are more due elements", seen["elements"].More, true)
	s.same("the messages and elements of a record with just as many", len(seen["fits"].Messages)+len(seen["fits"].Elements), 4)
	s.same("that there are more", seen["fits"].More, false)
}

func crashAfterOrder(s *scene) {
	s.create("a", s.dueIn(0))
	s.claimed("a due record", "a")
	s.delivered(s.message("m", "a"))
	s.must(s.order("a"))
	s.claimed("a record with a message and an order during its lease")
	s.pass(ttl)
	s.same("the messages of a record whose holder died", len(s.claimed("after the lease", "a")[0].Messages), 1)
}
