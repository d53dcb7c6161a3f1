package external

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// A course is what happens to an order, drawn from the seed: another seed is another course.
type course struct {
	// takes is how long it takes.
	takes time.Duration
	// call is what happens to the first call, tell what happens to the callback.
	call, tell trouble
}

// A trouble is something that goes wrong.
type trouble int

const (
	none trouble = iota

	busy   // it is sent away untouched
	broken // it is carried out, and answered with an error
	cut    // it is carried out, and the connection breaks

	dropped // it is never sent
	twice   // it is sent twice
	late    // it is sent when somebody has found out otherwise
	early   // it is sent before the call is answered
)

var (
	troubledCalls = []trouble{none, none, none, busy, broken, cut}
	troubledTells = []trouble{none, dropped, twice, late, early}
)

// draw returns the course of an order.
func (p *Provisioner) draw(owner, do string) course {
	h := fnv.New64a()
	_, _ = h.Write([]byte(owner + "/" + do))
	lots := rand.New(rand.NewPCG(p.options.Seed, h.Sum64()))
	c := course{
		takes: time.Duration((2 + 6*lots.Float64()) * float64(p.options.Beat)),
		call:  troubledCalls[lots.IntN(len(troubledCalls))],
		tell:  troubledTells[lots.IntN(len(troubledTells))],
	}
	if c.tell == early {
		c.takes, c.call = 0, none
	}
	return c
}
