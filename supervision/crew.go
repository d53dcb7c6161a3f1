package supervision

import "sync"

// A crew does pieces of work side by side, each at once: by somebody who is free, else by somebody new. So
// no piece waits for another, and a stack that has grown serves the next one.
type crew[V any] struct {
	do   func(V)
	work chan V
	all  sync.WaitGroup
}

func newCrew[V any](do func(V)) *crew[V] { return &crew[V]{do: do, work: make(chan V)} }

// take has a piece of work done.
func (c *crew[V]) take(piece V) {
	select {
	case c.work <- piece:
	default:
		c.all.Go(func() {
			c.do(piece)
			for piece := range c.work {
				c.do(piece)
			}
		})
	}
}

// end waits until all is done. Afterwards nothing can be taken.
func (c *crew[V]) end() {
	close(c.work)
	c.all.Wait()
}
