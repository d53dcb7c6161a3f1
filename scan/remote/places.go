package remote

import (
	"context"
	"net/http"
	"slices"
	"sync"
)

// Places are for calls that are worked on. When all are taken, who has the most of them gives one up for who has fewer: its newest call comes to an end as if its
// connection were cut. So those who are many together keep nobody out, until each has a single place.
type places struct {
	working chan struct{} // has one for each call, also for one that gave way and has not ended yet

	mu    sync.Mutex
	taken int
	of    map[string][]*place // by whose they are, the oldest first
}

// A place is one call's.
type place struct {
	whose   string
	giveWay context.CancelCauseFunc
}

func newPlaces(most int) *places {
	return &places{working: make(chan struct{}, most), of: map[string][]*place{}}
}

var (
	errFull    = refuse(http.StatusServiceUnavailable, CodeUnavailable, "there are too many calls at once; try again")
	errGaveWay = refuse(http.StatusServiceUnavailable, CodeUnavailable, "there are too many calls at once, and most are yours: this one gave way to another's; try again")
)

// enter takes a place for a call, and waits for as long as who gave way for it needs to end. A call whose context is ended by giveWay has to leave.
func (p *places) enter(ctx context.Context, whose string, giveWay context.CancelCauseFunc) (leave func(), err error) {
	is := &place{whose, giveWay}
	if !p.take(is) {
		return nil, errFull
	}
	select {
	case p.working <- struct{}{}:
	case <-ctx.Done():
		p.release(is)
		return nil, errFull
	}
	return func() {
		p.release(is)
		<-p.working
	}, nil
}

// take reports whether there is a place.
func (p *places) take(is *place) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken == cap(p.working) {
		from := p.of[p.richest()]
		if len(from) < len(p.of[is.whose])+2 { // who gives way to an equal is the next to come
			return false
		}
		newest := from[len(from)-1]
		p.remove(newest)
		newest.giveWay(errGaveWay)
	}
	p.taken++
	p.of[is.whose] = append(p.of[is.whose], is)
	return true
}

// richest is who has the most places.
func (p *places) richest() (whose string) {
	for name, has := range p.of {
		if len(has) > len(p.of[whose]) {
			whose = name
		}
	}
	return whose
}

// release gives a place back, unless it was given up.
func (p *places) release(is *place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remove(is)
}

func (p *places) remove(is *place) {
	has := p.of[is.whose]
	at := slices.Index(has, is)
	if at < 0 {
		return
	}
	p.taken--
	has = slices.Delete(has, at, at+1)
	if p.of[is.whose] = has; len(has) == 0 {
		delete(p.of, is.whose)
	}
}
