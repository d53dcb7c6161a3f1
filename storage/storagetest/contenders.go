package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func contenders() group {
	return group{"contenders", []testCase{
		{name: "no update is lost", run: noUpdateLost, real: true},
		{name: "one creates a record", run: oneCreates, real: true},
		{name: "one delivers an id", run: oneDelivers, real: true},
		{name: "one performs an effect at a time", run: onePerforms, real: true},
		{name: "a lane is not entered twice", run: laneOnce, real: true},
		{name: "no wake-up is lost between a turn and a message", run: wakeUpRace, real: true},
		{name: "records that send to each other do not block", run: crossSend, real: true},
		{name: "settling and canceling do not block", run: settleAndCancel, real: true},
	}}
}

const crew = 4 // as many contend

func noUpdateLost(s *scene) {
	const each = 25
	stores, key := s.handles(crew), s.key("a")
	s.create("a")
	s.contend(crew, func(i int) error {
		for range each {
			count := func(c *storage.Change) { c.Record.Failures++ }
			if err := s.insist(stores[i], key, count); err != nil {
				return err
			}
		}
		return nil
	})
	s.same("a counter that each of the contenders incremented", s.load("a").Failures, crew*each)
	s.same("the version", s.load("a").Version, uint64(crew*each+1))
}

func oneCreates(s *scene) {
	stores := s.handles(crew)
	for round := range 10 {
		c := s.creation(fmt.Sprint(round))
		var created atomic.Int32
		s.contend(crew, func(i int) error {
			answers, err := stores[i].Apply(s.ctx, []storage.Change{c})
			if err == nil && answers[0] == nil {
				created.Add(1)
			}
			if err == nil && !errors.Is(answers[0], storage.ErrExists) {
				return answers[0]
			}
			return err
		})
		s.same("how many created the same record", created.Load(), int32(1))
	}
}

func oneDelivers(s *scene) {
	stores := s.handles(crew)
	s.create("a")
	for round := range 10 {
		m := s.message(fmt.Sprint(round), "a")
		var accepted atomic.Int32
		s.contend(crew, func(i int) error {
			answers, err := stores[i].Deliver(s.ctx, []storage.Message{m})
			if err == nil && answers[0] == nil {
				accepted.Add(1)
			}
			if err == nil && !errors.Is(answers[0], storage.ErrDuplicate) {
				return answers[0]
			}
			return err
		})
		s.same("how many delivered the same id", accepted.Load(), int32(1))
	}
}

func onePerforms(s *scene) {
	const n = 100
	stores := s.handles(crew)
	s.create("a", func(c *storage.Change) {
		for i := range n {
			c.Emit = append(c.Emit, effect(strconv.Itoa(i), ""))
		}
	})
	s.perform(stores, func(storage.Taken) func() { return func() {} })
	for _, e := range collect(s, s.Store.Effects(s.ctx, storage.EffectQuery{})) {
		if e.Status != storage.EffectDone || e.Attempt != 1 {
			s.Errorf("effect %q is %v after %d attempts; each is taken by one", e.ID, e.Status, e.Attempt)
		}
	}
}

func laneOnce(s *scene) {
	const n = 20
	stores := s.handles(crew)
	s.create("a", func(c *storage.Change) {
		for i := range n {
			c.Emit = append(c.Emit, effect(strconv.Itoa(i), "lane"))
		}
	})
	var running, entered atomic.Int32
	s.perform(stores, func(e storage.Taken) func() {
		if running.Add(1) > 1 {
			s.Errorf("effect %q was handed out while another of its lane runs", e.ID)
		}
		entered.Add(1)
		return func() { running.Add(-1) }
	})
	s.same("how many effects of the lane were performed", entered.Load(), int32(n))
}

// wakeUpRace says two things in a row again and again, so that the second comes during the turn that
// the first brought about, and waits until both were heard.
func wakeUpRace(s *scene) {
	const rounds = 50
	stores := s.handles(2)
	s.create("a")
	key := s.key("a")
	var heard atomic.Int32
	over := make(chan struct{})
	s.contend(2, func(i int) error {
		if i == 1 {
			return listen(s, stores[1], &heard, over)
		}
		defer close(over)
		for j := range int32(rounds) {
			for _, id := range []string{"first", "second"} {
				m := storage.Message{ID: fmt.Sprint(id, j), To: key, Name: "news"}
				answers, err := stores[0].Deliver(s.ctx, []storage.Message{m})
				if err = errors.Join(err, errors.Join(answers...)); err != nil {
					return err
				}
				sleep(rand.N(300 * time.Microsecond))
			}
			for patience := time.Now().Add(s.patience); heard.Load() < 2*(j+1); sleep(50 * time.Microsecond) {
				if time.Now().After(patience) {
					return fmt.Errorf("of %d messages %d were heard, and nothing wakes the record", 2*(j+1), heard.Load())
				}
			}
		}
		return nil
	})
}

// listen gives turns that consume what a record was told, and counts it.
func listen(s *scene, store storage.Store, heard *atomic.Int32, over <-chan struct{}) error {
	for {
		select {
		case <-over:
			return nil
		default:
		}
		held, err := store.Claim(s.ctx, storage.Claim{Names: []string{s.Kind}, Owner: owner, Limit: 1, TTL: time.Hour})
		if err != nil {
			return err
		}
		for _, h := range held {
			c := turn(h)
			for _, m := range h.Messages {
				c.Consume = append(c.Consume, storage.Consumption{Seq: m.Seq, As: storage.MessageConsumed})
			}
			answers, err := store.Apply(s.ctx, []storage.Change{c})
			if err = errors.Join(err, errors.Join(answers...)); err != nil {
				return err
			}
			heard.Add(int32(len(c.Consume))) //nolint:gosec // a few
		}
		if len(held) == 0 {
			sleep(50 * time.Microsecond)
		}
	}
}

func crossSend(s *scene) {
	const each = 25
	stores := s.handles(2)
	ids := []string{"a", "b"}
	s.create("a")
	s.create("b")
	keys := []storage.Key{s.key("a"), s.key("b")}
	s.contend(2, func(i int) error {
		for j := range each {
			m := storage.Message{ID: strconv.Itoa(j), To: keys[1-i], Name: "news"}
			if err := s.insist(stores[i], keys[i], sends(m)); err != nil {
				return err
			}
		}
		return nil
	})
	for _, id := range ids {
		s.same("how many messages "+id+" got", len(collect(s, s.Store.Messages(s.ctx, storage.MessageQuery{To: s.key(id)}))), each)
	}
}

func settleAndCancel(s *scene) {
	const n = 30
	stores, key := s.handles(2), s.key("a")
	s.create("a")
	var outcomes atomic.Int32
	s.contend(2, func(i int) error {
		for j := range n {
			if i == 0 {
				replace := emits(effect(strconv.Itoa(j), "lane"))
				if err := s.insist(stores[0], key, cancels("", ""), replace); err != nil {
					return err
				}
				continue
			}
			taken, err := stores[1].Take(s.ctx, storage.Claim{Names: []string{performed}, Owner: owner, Limit: 9, TTL: time.Hour})
			if err != nil {
				return err
			}
			for _, e := range taken {
				st := settlement(e, storage.EffectDone)
				st.Outcome = &storage.Message{ID: e.ID, Name: "done"}
				answers, err := stores[1].Settle(s.ctx, []storage.Settlement{st})
				if err = errors.Join(err, errors.Join(answers...)); err != nil {
					return err
				}
				outcomes.Add(1)
			}
		}
		return nil
	})
	delivered := collect(s, s.Store.Messages(s.ctx, storage.MessageQuery{}))
	s.same("how many outcomes were delivered of those that were settled", len(delivered), int(outcomes.Load()))
}
