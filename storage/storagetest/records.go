package storagetest

import (
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func records() group {
	return group{"records", []testCase{
		{name: "every field comes back", run: recordComesBack},
		{name: "a zero Since is now", run: zeroSince},
		{name: "empty data is nil", run: emptyData},
		{name: "load answers each key where it stood", run: loadInOrder},
		{name: "what exists cannot be created", run: createExisting},
		{name: "what does not exist cannot be changed", run: changeAbsent},
		{name: "kinds do not share ids", run: kindsApart},
		{name: "keys compare bytewise", run: keysBytewise},
		{name: "a deleted record leaves its history", run: deleteLeavesHistory},
		{name: "a deletion leaves the lines that it gives", run: deleteLines},
		{name: "a deletion is guarded by the version", run: deleteGuarded},
		{name: "a deletion is guarded by the lease", run: deleteFenced},
		{name: "a record created again goes on at its version", run: createdAgain},
		{name: "no lease on a deleted record is good for one created again", run: tokensGoOn},
		{name: "a change without lines leaves none", run: noLines},
	}}
}

// oddTime returns a time in another zone and with nanoseconds, which no store keeps.
func (s *scene) oddTime(d time.Duration) time.Time {
	return s.now().Add(d + 123456789*time.Nanosecond).In(time.FixedZone("east", 7200))
}

func recordComesBack(s *scene) {
	given := storage.Record{
		State: s.States[1], Status: storage.Quarantined, Reason: "it failed ☠",
		Operation: "op 1", Deadline: s.oddTime(time.Hour), Step: "step 2",
		Data: s.Data(1), DataVersion: 3,
		Since: s.oddTime(-time.Hour), Until: s.oddTime(2 * time.Hour), NotBefore: s.oddTime(-2 * time.Hour),
		Failures: 4, Group: "blue",
	}
	s.must(storage.Change{Key: s.key("a"), Record: given})

	want := given
	want.Key, want.Version = s.key("a"), 1
	want.Deadline, want.Since, want.Until = storage.Time(given.Deadline), storage.Time(given.Since), storage.Time(given.Until)
	want.NotBefore = storage.Time(given.NotBefore)
	got := s.load("a")
	s.same("the record as it was given, times to the microsecond", got.Record, want)
	for _, t := range []time.Time{got.Deadline, got.Since, got.Until, got.NotBefore, got.Now} {
		if t.Location() != time.UTC {
			s.Errorf("the time %v came back in the zone %v; all are in UTC", t, t.Location())
		}
	}
	s.same("the record in a list", collect(s, s.Store.List(s.ctx, storage.Query{Kind: s.Kind})), []storage.Record{want})

	s.must(s.order("a", func(c *storage.Change) {
		c.Record = storage.Record{State: s.States[0], Final: true, Data: s.Data(2)}
	}))
	s.same("fields that the next change leaves empty", s.load("a").Record, storage.Record{
		Key: s.key("a"), Version: 2, State: s.States[0], Final: true, Data: s.Data(2), Since: s.now(),
	})
}

func zeroSince(s *scene) {
	s.same("a zero Since at creation", s.create("a").Since, s.now())
	s.pass(time.Second)
	s.must(s.order("a", func(c *storage.Change) { c.Record.Since = time.Time{} }))
	s.same("a zero Since in a change", s.load("a").Since, s.now())
	s.must(s.order("a", func(c *storage.Change) {
		c.Spawn = []storage.Spawn{{Record: storage.Record{Key: s.key("b"), State: s.States[0], Data: s.Data(0)}}}
	}))
	s.same("a zero Since of a spawned record", s.load("b").Since, s.now())
}

func emptyData(s *scene) {
	empty := []byte{}
	e := effect("e", "")
	e.Body = empty
	m := s.message("m", "a")
	m.Body = empty
	s.must(storage.Change{
		Key: s.keyOf(other, "a"), Record: storage.Record{State: "new", Data: empty},
		Elements: []storage.Element{{Name: "x", State: "new", Data: empty}},
		Emit:     []storage.Effect{e}, Lines: []storage.Line{{Inputs: empty}},
	})
	s.create("a")
	s.delivered(m)
	d := s.dump()
	data := [][]byte{
		d.Elements[s.keyOf(other, "a")][0].Data, d.Effects[0].Body, d.Messages[0].Body,
		d.History[s.keyOf(other, "a")][0].Inputs,
	}
	for _, r := range d.Records {
		if r.Key.Kind == other {
			data = append(data, r.Data)
		}
	}
	for i, b := range data {
		if b != nil {
			s.Errorf("empty bytes %d came back as %v; nil and empty are the same, and nil is returned", i, b)
		}
	}
}

func loadInOrder(s *scene) {
	b, a := s.create("b"), s.create("a")
	absent := s.key("absent")
	got, err := s.Store.Load(s.ctx, []storage.Key{a.Key, absent, b.Key, a.Key})
	s.is("load", err, nil)
	s.same("a snapshot for each key, also for one that is absent or asked twice", got,
		[]storage.Snapshot{a, {Record: storage.Record{Key: absent}, Now: s.now()}, b, a})
}

func createExisting(s *scene) {
	s.create("a")
	s.refused(s.creation("a", s.inState(1)), storage.ErrExists)
}

func changeAbsent(s *scene) {
	absent := storage.Snapshot{Record: storage.Record{Key: s.key("absent"), Version: 1, State: s.States[0], Data: s.Data(0)}}
	s.refused(turn(absent), storage.ErrNotFound)
	gone := turn(absent)
	gone.Delete = true
	s.refused(gone, storage.ErrNotFound)
}

func kindsApart(s *scene) {
	s.create("a")
	s.must(storage.Change{
		Key: s.keyOf(other, "a"), Record: storage.Record{State: "elsewhere"},
		Elements: []storage.Element{{Name: "x", State: "new"}}, Lines: []storage.Line{{To: "elsewhere"}},
	})
	s.is("a message to the other kind", s.deliver(storage.Message{ID: "m", Name: "news", To: s.keyOf(other, "a")})[0], nil)
	got := s.load("a")
	s.same("the state of the record of this kind", got.State, s.States[0])
	s.same("its elements", len(got.Tally), 0)
	s.same("its history", len(s.history("a")), 0)
	s.statuses("its messages", "a")
	gone := storage.Change{Key: s.keyOf(other, "a"), Version: 1, Delete: true}
	s.must(gone)
	s.same("the record after one of another kind with its id was deleted", s.load("a"), got)
}

func keysBytewise(s *scene) {
	ids := []string{"A", "Z", "a", "a ", "a%", "aB", "a_", "ab", "é", "日"}
	var elements []storage.Element
	for _, id := range slices.Backward(ids) {
		s.must(storage.Change{Key: s.keyOf(other, id), Record: storage.Record{State: "new", Due: s.now()}})
		elements = append(elements, storage.Element{Name: id, State: "new"})
	}
	var got []string
	for _, r := range collect(s, s.Store.List(s.ctx, storage.Query{Kind: other})) {
		got = append(got, r.Key.ID)
	}
	s.same("ids that differ in case, spaces or accents, in the order of their bytes", got, ids)
	got = nil
	for _, r := range collect(s, s.Store.List(s.ctx, storage.Query{Kind: other, After: "Z"})) {
		got = append(got, r.Key.ID)
	}
	s.same("those that are greater than Z", got, ids[2:])
	due := s.claimOf(storage.Claim{Names: []string{other}, Owner: owner, Limit: len(ids), TTL: ttl})
	s.same("those that are due at one time", idsOf(due), ids)
	s.create("a", with(elements...))
	got = nil
	for _, e := range s.elementsOf("a", storage.ElementQuery{}) {
		got = append(got, e.Name)
	}
	s.same("elements with such names", got, ids)
}

func (s *scene) deletion(id string, lines ...storage.Line) storage.Change {
	s.Helper()
	return storage.Change{Key: s.key(id), Version: s.load(id).Version, Delete: true, Lines: lines}
}

func deleteLeavesHistory(s *scene) {
	s.create("a", emits(effect("e", "")), func(c *storage.Change) {
		c.Elements = []storage.Element{{Name: "x", State: "new"}}
		c.Lines = []storage.Line{{To: s.States[0]}}
	})
	s.delivered(s.message("m", "a"))
	s.must(s.deletion("a"))

	s.same("a deleted record", s.load("a"), storage.Snapshot{Record: storage.Record{Key: s.key("a")}, Now: s.now()})
	d := s.dump()
	s.same("its elements", len(d.Elements[s.key("a")]), 0)
	s.same("its messages", len(d.Messages), 0)
	s.same("its effects", len(d.Effects), 0)
	s.same("its history, with the deletion", s.history("a"), []storage.Line{
		{Version: 1, At: s.now(), To: s.States[0]},
		{Version: 2, At: s.now(), From: s.States[0], Cause: "delete"},
	})
	s.claimed("a deleted record")
	s.takenNow("the effect of a deleted record")
}

func deleteLines(s *scene) {
	s.create("a")
	s.must(s.deletion("a", storage.Line{Cause: "by hand"}, storage.Line{Element: "x"}))
	s.same("the history of a record that was deleted with lines of its own", s.history("a"), []storage.Line{
		{Version: 2, N: 0, At: s.now(), Cause: "by hand"},
		{Version: 2, N: 1, At: s.now(), Element: "x"},
	})
}

func deleteGuarded(s *scene) {
	s.create("a")
	stale := s.deletion("a")
	s.must(s.order("a"))
	s.refused(stale, storage.ErrConflict)
}

func deleteFenced(s *scene) {
	s.create("a", s.dueIn(0))
	lost := s.deletion("a")
	lost.Token = s.claimed("a due record", "a")[0].Lease.Token
	s.pass(ttl)
	newest := lost
	newest.Token = s.claimed("a record whose lease has expired", "a")[0].Lease.Token
	s.refused(lost, storage.ErrLeaseLost)
	s.must(newest)
}

func createdAgain(s *scene) {
	s.create("a")
	s.must(s.order("a"))
	s.must(s.deletion("a"))
	again := s.create("a", s.dueIn(0))
	s.same("the version of a record that was deleted at version 3 and created again", again.Version, uint64(4))
	s.must(s.deletion("a"))
	s.create("b")
	s.must(s.order("b", func(c *storage.Change) {
		c.Spawn = []storage.Spawn{{Record: storage.Record{Key: s.key("a"), State: s.States[0], Data: s.Data(0)}}}
	}))
	s.same("the version of a record that was deleted at version 5 and spawned again", s.load("a").Version, uint64(6))
}

// tokensGoOn gives out many leases on a record at one version, so that its tokens are ahead of it, and
// creates it again in each way there is.
func tokensGoOn(s *scene) {
	s.create("a", s.dueIn(0))
	for range 5 {
		s.release(0, s.claimed("a due record", "a")[0].Lease)
	}
	old := s.claimed("a due record", "a")[0].Lease
	s.create("parent")
	for what, create := range map[string]func() storage.Change{
		"created":           func() storage.Change { return s.creation("a", s.dueIn(0)) },
		"created by a lock": func() storage.Change { return s.creation("a", s.dueIn(0), under(1)) },
		"spawned": func() storage.Change {
			due := storage.Record{Key: s.key("a"), State: s.States[0], Data: s.Data(0), Due: s.now()}
			return s.order("parent", func(c *storage.Change) { c.Spawn = []storage.Spawn{{Record: due}} })
		},
	} {
		gone := s.deletion("a")
		gone.Token = old.Token + 40 // a host's Locker gave it
		s.must(gone)
		s.must(create())
		newest := s.claimed("a record that was "+what+" again", "a")[0]
		if newest.Lease.Token <= gone.Token {
			s.Fatalf("a record that was %s again gives token %d; it must be greater than those of the deleted one, as %d is",
				what, newest.Lease.Token, gone.Token)
		}
		s.unchanged("a lease on a deleted record", func() {
			s.is("extending it on one that was "+what+" again", s.extend(old)[0], storage.ErrLeaseLost)
			s.release(time.Hour, old)
			s.is("a change under it to one that was "+what+" again", s.apply(turn(newest, under(old.Token)))[0], storage.ErrLeaseLost)
		})
		old = newest.Lease
	}
}

// under makes a change one under the lease with a token.
func under(t storage.Token) edit { return func(c *storage.Change) { c.Token = t } }

func noLines(s *scene) {
	s.create("a")
	s.must(s.order("a", s.inState(1)))
	s.same("the history after changes without lines", len(s.history("a")), 0)
}
