package supervision

import (
	"runtime"
	"sync"
)

// A pile is what waits to be written, in batches of so many at most. Two work on it: one takes whatever is there, so
// that nothing waits while there is little to do; the other takes full batches, and so helps when there is
// much, without making batches smaller.
type pile[V any] struct {
	most int

	mu         sync.Mutex
	some, full sync.Cond
	waiting    []V
	ended      bool
}

func newPile[V any](most int) *pile[V] {
	p := &pile[V]{most: most}
	p.some.L, p.full.L = &p.mu, &p.mu
	return p
}

// add adds something.
func (p *pile[V]) add(v V) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = append(p.waiting, v)
	if len(p.waiting) == p.most {
		p.full.Signal()
	}
	p.some.Signal()
}

// end says that nothing will be added.
func (p *pile[V]) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.some.Signal()
	p.full.Signal()
}

// write has all batches written until the end.
func (p *pile[V]) write(batch func([]V)) {
	var full sync.WaitGroup
	full.Go(func() { each(p.takeFull, batch) })
	each(p.takeSome, batch)
	full.Wait()
}

func each[V any](take func() []V, batch func([]V)) {
	for some := take(); len(some) > 0; some = take() {
		batch(some)
	}
}

// takeSome waits until there is something. It returns nothing after the end.
func (p *pile[V]) takeSome() []V {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.waiting) == 0 && !p.ended {
		p.some.Wait()
		p.mu.Unlock()
		runtime.Gosched() // what is as good as done goes along
		p.mu.Lock()
	}
	return p.take()
}

// takeFull waits until there is a full batch. It returns nothing after the end.
func (p *pile[V]) takeFull() []V {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.waiting) < p.most && !p.ended {
		p.full.Wait()
	}
	if p.ended {
		return nil
	}
	return p.take()
}

func (p *pile[V]) take() []V {
	n := min(len(p.waiting), p.most)
	batch := p.waiting[:n:n]
	p.waiting = p.waiting[n:]
	return batch
}
