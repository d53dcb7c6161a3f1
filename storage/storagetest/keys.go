package storagetest

import (
	"github.com/reeve-go/reeve/storage"
)

func keys() group {
	return group{"6 one open effect a key", []testCase{
		{name: "what is under way is not emitted again", run: keyUnderWay},
		{name: "what has ended is", run: keyEnded},
		{name: "what the change cancels does not count", run: keyCanceled},
		{name: "of two in one change the first stands", run: keyTwice},
		{name: "a key is a record's own", run: keysApart},
		{name: "a dead one is not tried again beside an open one", run: keyRedriven},
	}}
}

// keyed returns an effect of a key that others have, too.
func keyed(id, key string) storage.Effect {
	e := effect(id, "")
	e.Key = key
	return e
}

func keyUnderWay(s *scene) {
	again := func(id string) edit { return emits(keyed(id, "key"), keyed("with "+id, "another "+id)) }
	s.create("a", emits(keyed("1", "key")))
	s.must(s.order("a", again("2")))
	taken := s.takenNow("an effect that was emitted again while it was pending, under another id", "1", "with 2")
	s.must(s.order("a", again("3")))
	s.takenNow("an effect that was emitted again while it ran", "with 3")
	s.settled(settlement(taken[0], storage.EffectPending))
	s.must(s.order("a", again("4")))
	s.takenNow("an effect that was emitted again before its next try", "1", "with 4")
}

func keyEnded(s *scene) {
	s.create("a", emits(keyed("1", "key")))
	s.settled(settlement(s.takenNow("a new effect", "1")[0], storage.EffectDone))
	s.must(s.order("a", emits(keyed("2", "key"))))
	s.settled(settlement(s.takenNow("an effect whose key was that of one that is done", "2")[0], storage.EffectDead))
	s.must(s.order("a", emits(keyed("3", "key"))))
	s.takenNow("an effect whose key was that of one that was given up", "3")
}

func keyCanceled(s *scene) {
	s.create("a", emits(keyed("1", "key")))
	s.must(s.order("a", cancels("", ""), emits(keyed("2", "key"))))
	running := s.takenNow("an effect whose change cancels the one that has its key", "2")[0]
	s.must(s.order("a", cancels("", ""), emits(keyed("3", "key"))))
	s.takenNow("an effect whose change cancels the one that has its key and runs", "3")
	s.settled(settlement(running, storage.EffectDone)) // it was canceled, and its key is another's now
	s.must(s.order("a", emits(keyed("4", "key"))))
	s.takenNow("an effect whose key one has that was emitted in place of a canceled one")
}

func keyTwice(s *scene) {
	s.create("a", emits(keyed("1", "key"), keyed("2", "key"), keyed("2", "another"), keyed("3", "another")))
	s.takenNow("effects of a change that has two keys twice; what was left out has not used its id", "1", "2")
	s.same("the key of the one that was left out first", s.wanted("2").Key, "another")
}

func keysApart(s *scene) {
	s.create("a", emits(keyed("1", "key")))
	s.create("b")
	s.must(storage.Change{
		Key: s.keyOf(other, "a"), Record: storage.Record{State: "new"}, Emit: []storage.Effect{keyed("2", "key")},
	})
	answers := s.apply(s.order("b", emits(keyed("3", "key"))), s.creation("c", emits(keyed("4", "key"))))
	for _, answer := range answers {
		s.is("a change that emits what another record emits", answer, nil)
	}
	s.takenNow("effects of four records that have one key", "1", "2", "3", "4")
}

func keyRedriven(s *scene) {
	s.create("a", emits(keyed("1", "key")))
	s.settled(settlement(s.takenNow("a new effect", "1")[0], storage.EffectDead))
	s.must(s.order("a", emits(keyed("2", "key"))))
	s.unchanged("redriving a dead effect whose key is open", func() {
		s.is("its answer", s.redrivenEffects(0, "1")[0], storage.ErrExists)
	})
	s.settled(settlement(s.takenNow("the effect that has its key", "2")[0], storage.EffectDead))
	answers := s.redrivenEffects(0, "1", "2")
	s.is("redriving it when the other has ended", answers[0], nil)
	s.is("redriving the other beside it", answers[1], storage.ErrExists)
	s.takenNow("two dead effects of one key that were redriven", "1")
}
