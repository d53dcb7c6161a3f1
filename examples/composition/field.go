package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/reeve-go/reeve/examples/composition/acm"
	"github.com/reeve-go/reeve/supervision"
)

// A field is where simulated participants live. Orders come over the network, answers go into the
// store: whoever supervises it will see them.
type field struct {
	*settings

	estate *acm.Estate
	say    func(format string, args ...any)
	url    string
	ctx    context.Context //nolint:containedctx // participants work for as long as the field is there
	busy   sync.WaitGroup

	mu      sync.Mutex
	here    map[string]bool // participants
	loses   map[string]bool // elements about which the next answer is lost
	working map[string]bool // orders by key; false: done
	counts  counts
}

// counts are what there is to tell at the end.
type counts struct{ done, half, lost, again, unreachable int }

// newField starts a field, which is there until ctx ends.
func newField(ctx context.Context, s *settings, estate *acm.Estate, say func(string, ...any)) (*field, error) {
	f := &field{
		settings: s, estate: estate, say: say, ctx: ctx,
		here: map[string]bool{}, loses: map[string]bool{}, working: map[string]bool{},
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	path := "/" + rand.Text() + "/" // nobody else's orders
	f.url = "http://" + listener.Addr().String() + path
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+path+"order", receive(f.order))
	mux.HandleFunc("POST "+path+"prime", receive(f.prime))
	mux.HandleFunc("POST "+path+"sync", receive(func(supervision.Call, acm.Sync) bool { return true }))
	mux.HandleFunc("POST "+path+"restart", receive(f.restart))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	f.busy.Go(func() { _ = server.Serve(listener) })
	f.busy.Go(func() {
		<-ctx.Done()
		_ = server.Close()
	})
	return f, nil
}

// receive reads a letter; f says whether its addressee is there.
func receive[A any](f func(supervision.Call, A) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var l letter[A]
		switch err := json.NewDecoder(r.Body).Decode(&l); {
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
		case !f(l.Call, l.Body):
			http.Error(w, "nobody there", http.StatusServiceUnavailable)
		}
	}
}

// come has a participant appear, and live until it goes.
func (f *field) come(participant string) {
	f.set(participant, true)
	f.busy.Go(func() {
		for f.is(participant) {
			if err := f.estate.Hear(f.ctx, participant, acm.Life{Replica: participant + "-0", Types: []string{participant}}); err != nil && f.ctx.Err() == nil {
				f.say("%s cannot be heard: %v", participant, err)
			}
			f.rest(1)
		}
	})
}

// leave has a participant vanish, whatever it was doing.
func (f *field) leave(participant string) { f.set(participant, false) }

func (f *field) set(participant string, here bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.here[participant] = here
}

func (f *field) is(participant string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.here[participant] && f.ctx.Err() == nil
}

// lose has the next answer about each of these elements be lost.
func (f *field) lose(elements []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range elements {
		f.loses[e] = true
	}
}

// rest waits for some beats.
func (f *field) rest(beats int) {
	select {
	case <-f.ctx.Done():
	case <-time.After(f.beats(beats)):
	}
}

// restart tells a replica what there is to do with it. Ours remember nothing and need nothing.
func (f *field) restart(_ supervision.Call, r acm.Restart) bool {
	f.say("%s is told everything that %s has to do with", r.Replica, r.Participant)
	return f.is(r.Participant)
}

func (f *field) prime(c supervision.Call, o acm.PrimeOrder) bool {
	if !f.is(o.Participant) {
		return false
	}
	f.deliver(acm.PrimeAcked.Deliver(f.ctx, f.estate.Definitions, o.Definition, o.Done(),
		supervision.About(c.Operation, c.Step), supervision.MessageID(c.Key)))
	return true
}

// order has a participant do its part: once, however often it is ordered under one key. What was done
// is answered again.
func (f *field) order(c supervision.Call, o acm.Order) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.here[o.Participant] {
		f.counts.unreachable++
		return false
	}
	working, known := f.working[c.Key]
	switch {
	case !known:
		f.working[c.Key] = true
		f.busy.Go(func() {
			f.rest(workBeats)
			f.finish(c, &o)
		})
	case !working:
		f.counts.again++
		f.say("%s is ordered again, and answers again", o.Element)
		f.busy.Go(func() { f.answer(c, &o) })
	}
	return true
}

// finish ends the work on an element. The answer may be lost on its way, or its sender.
func (f *field) finish(c supervision.Call, o *acm.Order) {
	f.mu.Lock()
	here, lost := f.here[o.Participant], f.loses[o.Element]
	delete(f.loses, o.Element)
	switch {
	case !here:
		f.counts.half++
		delete(f.working, c.Key)
		f.say("%s is gone with %s half done", o.Participant, o.Element)
	case lost:
		f.counts.lost++
		f.say("the answer about %s is lost", o.Element)
	}
	if here {
		f.counts.done++
		f.working[c.Key] = false
	}
	f.mu.Unlock()
	if here && !lost {
		f.answer(c, o)
	}
}

func (f *field) answer(c supervision.Call, o *acm.Order) {
	f.deliver(acm.Acked.Deliver(f.ctx, f.estate.Instances, o.Instance, o.Done(),
		supervision.About(c.Operation, c.Step), supervision.ToElement(o.Element), supervision.MessageID(c.Key)))
}

func (f *field) deliver(err error) {
	if err != nil && f.ctx.Err() == nil {
		f.say("an answer cannot be delivered: %v", err)
	}
}
