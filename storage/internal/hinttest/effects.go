package hinttest

import (
	"errors"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func emits(id, lane string) func(c *storage.Change) {
	return func(c *storage.Change) {
		c.Emit = append(c.Emit, storage.Effect{ID: id, Key: id, Lane: lane, Name: "do"})
	}
}

func (s *story) settle(e storage.Taken, as storage.EffectStatus, retry time.Duration) func() error {
	return func() error {
		answers, err := s.store.Settle(s.Context(), []storage.Settlement{{Lease: e.Lease, As: as, Retry: retry}})
		return errors.Join(append(answers, err)...)
	}
}

func (s *story) effects() {
	var taken []storage.Taken
	s.step("an effect", ofEffects, s.apply("w", emits("1", "")))
	s.step("a take", silent, s.take(&taken))
	s.step("an effect that was emitted before", silent, s.apply("w", emits("1", "")))
	s.step("an effect whose key is open", silent, s.apply("w", func(c *storage.Change) {
		c.Emit = []storage.Effect{{ID: "2", Key: "1", Name: "do"}}
	}))
	s.step("an effect to be tried again later", silent, s.settle(taken[0], storage.EffectPending, time.Hour))
	<-time.After(time.Hour)
	s.step("another take", silent, s.take(&taken))
	s.step("an effect to be tried again now", ofEffects, s.settle(taken[0], storage.EffectPending, 0))
	s.step("a third take", silent, s.take(&taken))
	s.step("an effect that is released", ofEffects, func() error {
		return s.store.Release(s.Context(), []storage.Lease{taken[0].Lease}, 0)
	})
	s.step("a fourth take", silent, s.take(&taken))
	s.step("an effect that was given up", silent, s.settle(taken[0], storage.EffectDead, 0))
	s.step("an effect that is redriven", ofEffects, func() error {
		answers, err := s.store.RedriveEffects(s.Context(), []string{"1"}, 0)
		return errors.Join(append(answers, err)...)
	})
	s.step("an effect that is canceled", silent, s.apply("w", func(c *storage.Change) { c.Cancel = []storage.Cancel{{}} }))

	s.step("the first of a lane", ofEffects, s.apply("w", emits("a", "lane")))
	s.step("the second of a lane", silent, s.applyTaken(&taken, emits("b", "lane")))
	s.step("the first of a lane, which is done", ofEffects, s.settle(taken[0], storage.EffectDone, 0))
	s.step("a third of a lane", silent, s.applyTaken(&taken, emits("c", "lane")))
	s.step("the second of a lane, canceled while it runs", silent, s.apply("w", func(c *storage.Change) {
		c.Cancel = []storage.Cancel{{}}
		emits("d", "lane")(c)
	}))
	s.step("what a lane waited for", ofEffects, s.settle(taken[0], storage.EffectDone, 0))
	s.step("an outcome", ofRecords, func() error {
		if err := s.take(&taken)(); err != nil {
			return err
		}
		st := storage.Settlement{Lease: taken[0].Lease, As: storage.EffectDone, Outcome: &storage.Message{ID: "done", Name: "done"}}
		answers, err := s.store.Settle(s.Context(), []storage.Settlement{st})
		return errors.Join(append(answers, err)...)
	})
}

// applyTaken takes what there is and then orders something.
func (s *story) applyTaken(taken *[]storage.Taken, edit func(c *storage.Change)) func() error {
	return func() error {
		return errors.Join(s.take(taken)(), s.apply("w", edit)())
	}
}
