package storagetest

import (
	"bytes"

	"github.com/reeve-go/reeve/storage"
)

func copies() group {
	return group{"8 what a caller gets is its own", []testCase{
		{name: "what is given is copied", run: givenIsCopied},
		{name: "what is returned is a copy", run: returnedIsCopied},
		{name: "what is returned twice is two copies", run: returnedTwice},
	}}
}

// spoil overwrites bytes that a caller holds.
func spoil(data ...[]byte) {
	for _, b := range data {
		for i := range b {
			b[i] = '!'
		}
	}
}

func givenIsCopied(s *scene) {
	c := s.creation("a", with(storage.Element{Name: "x", State: "new", Data: []byte("element")}),
		emits(effect("e", "")), sends(s.message("sent", "a")))
	c.Record.Data = bytes.Clone(s.Data(1))
	c.Emit[0].Body, c.Send[0].Body = []byte("effect"), []byte("sent")
	c.Lines = []storage.Line{{Inputs: []byte("line")}}
	c.Spawn = []storage.Spawn{{
		Record:   storage.Record{Key: s.key("b"), State: s.States[0], Data: bytes.Clone(s.Data(2))},
		Elements: []storage.Element{{Name: "x", State: "new", Data: []byte("spawned")}},
	}}
	s.must(c)
	m := s.message("m", "a")
	m.Body = []byte("message")
	s.delivered(m)
	outcome := storage.Message{ID: "outcome", Name: "done", Body: []byte("outcome")}
	st := settlement(s.takenNow("a new effect", "e")[0], storage.EffectDone)
	st.Outcome = &outcome
	s.settled(st)
	s.unchanged("what a caller does to its bytes afterwards", func() {
		spoil(c.Record.Data, c.Elements[0].Data, c.Emit[0].Body, c.Send[0].Body, c.Lines[0].Inputs,
			c.Spawn[0].Record.Data, c.Spawn[0].Elements[0].Data, m.Body, outcome.Body)
	})
}

func returnedIsCopied(s *scene) {
	e, m := effect("e", ""), s.message("m", "a")
	e.Body, m.Body, m.Element = []byte("effect"), []byte("message"), "x"
	s.create("a", s.dueIn(0), with(storage.Element{Name: "x", State: "new", Data: []byte("element")}), emits(e),
		func(c *storage.Change) { c.Lines = []storage.Line{{Inputs: []byte("line")}} })
	s.delivered(m)
	held := s.claimed("a record with a message", "a")[0]
	taken := s.takenNow("a new effect", "e")[0]
	s.unchanged("what a caller does to the bytes it was given", func() {
		spoil(held.Data, held.Messages[0].Body, held.Elements[0].Data, taken.Body,
			s.load("a").Data, s.said("m", "a").Body, s.wanted("e").Body, s.history("a")[0].Inputs,
			s.elementsOf("a", storage.ElementQuery{})[0].Data)
		for _, r := range collect(s, s.Store.List(s.ctx, storage.Query{Kind: s.Kind})) {
			spoil(r.Data)
		}
	})
}

func returnedTwice(s *scene) {
	a := s.create("a", with(storage.Element{Name: "x", State: "new"}))
	got, err := s.Store.Load(s.ctx, []storage.Key{a.Key, a.Key})
	s.is("load", err, nil)
	spoil(got[0].Data)
	got[0].Tally[0].N++
	s.same("a snapshot, after the other of its key was written to", got[1], a)
}
