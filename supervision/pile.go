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
	open       int // how many are not written yet, those included that are written again later
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
	p.open++
	p.put(v)
}

func (p *pile[V]) put(v V) {
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

// write has all batches written until the end. What batch returns is written again once wait has returned.
func (p *pile[V]) write(batch func([]V) (again []V), wait func(V)) {
	var all sync.WaitGroup
	write := func(some []V) {
		n := len(some)
		again := batch(some)
		for _, v := range again {
			all.Go(func() {
				wait(v)
				p.mu.Lock()
				defer p.mu.Unlock()
				p.put(v)
			})
		}
		p.written(n - len(again))
	}
	all.Go(func() { each(p.takeFull, write) })
	each(p.takeSome, write)
	all.Wait()
}

func (p *pile[V]) written(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open -= n
	p.some.Signal() // it may have been the last
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
	for len(p.waiting) == 0 && (!p.ended || p.open > 0) {
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
