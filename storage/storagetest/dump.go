package storagetest

import (
	"maps"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// unchanged demands that everything that is stored is the same after what do does.
func (s *scene) unchanged(what string, do func()) {
	s.Helper()
	before := s.dump()
	do()
	s.same(what+" must write nothing", s.dump(), before)
}

// A dump is everything that is stored, as it can be read.
type dump struct {
	Records  []storage.Snapshot
	Elements map[storage.Key][]storage.Element
	Messages []storage.Message
	Effects  []storage.Effect
	History  map[storage.Key][]storage.Line
}

// dump reads everything, of the records that the test has mentioned.
func (s *scene) dump() dump {
	s.Helper()
	d := dump{Elements: map[storage.Key][]storage.Element{}, History: map[storage.Key][]storage.Line{}}
	keys := slices.SortedFunc(maps.Keys(s.known), storage.Key.Compare)
	found, err := s.Store.Load(s.ctx, keys)
	s.is("load", err, nil)
	for _, r := range found {
		if r.Version > 0 {
			d.Records = append(d.Records, r)
		}
	}
	for _, k := range keys {
		if found := collect(s, s.Store.Elements(s.ctx, k, storage.ElementQuery{})); found != nil {
			d.Elements[k] = found
		}
		if found := collect(s, s.Store.History(s.ctx, k, 0)); found != nil {
			d.History[k] = found
		}
	}
	d.Messages = collect(s, s.Store.Messages(s.ctx, storage.MessageQuery{}))
	d.Effects = collect(s, s.Store.Effects(s.ctx, storage.EffectQuery{}))
	return d
}
