package remote_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
	"github.com/reeve-go/reeve/storage"
)

// A distant store takes its time to answer, and counts how often it is asked.
type distant struct {
	storage.Store

	takes time.Duration
	loads atomic.Int64
}

func (d *distant) Load(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
	d.loads.Add(1)
	all, err := d.Store.Load(ctx, keys)
	time.Sleep(d.takes/2 + rand.N(d.takes+1))
	return all, err
}

// far puts the rig's store far away.
func (r *rig) far(takes time.Duration) *distant {
	d := &distant{Store: r.store, takes: takes}
	r.store = d
	return d
}

// Strangers, however many, take no place of an agent that is known, and not all that the store can do.
func TestStrangersTogether(t *testing.T) {
	t.Parallel()
	var store *distant
	set := func(r *rig) {
		r.options.Calls = 4
		store = r.far(time.Second)
	}
	virtually(t, set, func(t *testing.T, r *venue) {
		far := r.near("far")
		refused := make(chan answer, 100)
		for i := range cap(refused) {
			liar := *far
			liar.credential += "x"
			go func() {
				if i%2 == 0 {
					refused <- liar.do("POST", "/v1/beat", scan.Beat{Agent: "far"})
				} else {
					refused <- liar.do("POST", "/v1/enrol", object{"token": "ZmFy.guess", "key": make([]byte, 32), "proof": []byte{}})
				}
			}()
		}
		before := store.loads.Load()
		synctest.Wait()
		if n := store.loads.Load() - before; n > 16 {
			t.Errorf("the store is asked for %d of them at once", n)
		}
		if got := far.do("POST", "/v1/beat", scan.Beat{Agent: "far"}); got.status != http.StatusOK {
			t.Errorf("one that is known is answered %d %s", got.status, got.body)
		}
		for range cap(refused) {
			if got := <-refused; got.status == http.StatusOK {
				t.Errorf("a stranger is answered %s", got.body)
			}
		}
	})
}

// Strangers have so many calls a second, and those who belong here get in all the same, as they come again when they are told to.
func TestStrangersPace(t *testing.T) {
	t.Parallel()
	virtually(t, func(r *rig) { r.options.Strangers = 1 }, func(t *testing.T, r *venue) {
		far := r.near("far")
		nobody := *far
		nobody.credential += "x"
		busy := 0
		for range 50 {
			if nobody.do("POST", "/v1/beat", scan.Beat{Agent: "far"}).code() == remote.CodeBusy {
				busy++
			}
		}
		if busy < 40 {
			t.Errorf("%d of 50 calls of a stranger were too many; 40 are right", busy)
		}
		if got := far.do("POST", "/v1/beat", scan.Beat{Agent: "far"}); got.status != http.StatusOK {
			t.Errorf("one that is known is answered %d %s", got.status, got.body)
		}
		r.place("other")
	})
}

// An agent that asks for more than its share is told before anything is asked of the store, and for how long to wait.
func TestPace(t *testing.T) {
	t.Parallel()
	var store *distant
	set := func(r *rig) {
		r.options.Replies = 2
		store = r.far(0)
	}
	virtually(t, set, func(t *testing.T, r *venue) {
		far := r.near("far")
		beat := func() (got answer) { return far.do("POST", "/v1/beat", scan.Beat{Agent: "far"}) }
		for range 20 {
			if got := beat(); got.status != http.StatusOK {
				t.Fatalf("%d %s", got.status, got.body)
			}
		}
		before := store.loads.Load()
		var refused struct{ After time.Duration }
		if got := beat(); got.code() != remote.CodeBusy || json.Unmarshal(got.body, &refused) != nil || got.header.Get("Retry-After") != "1" {
			t.Errorf("it is answered %d %s %v", got.status, got.body, got.header)
		}
		if store.loads.Load() != before {
			t.Error("the store was asked for it")
		}
		time.Sleep(refused.After)
		if got := beat(); got.status != http.StatusOK || refused.After > time.Second/2+1 {
			t.Errorf("after %v it is answered %d %s", refused.After, got.status, got.body)
		}
		if got := far.do("GET", "/v1/uploads/"+string(scan.DigestOf(nil)), nil); got.status != http.StatusOK {
			t.Errorf("what says nothing is answered %d %s", got.status, got.body)
		}
	})
}

// A client comes again when it is told to, and not before. How often it is told is bounded by what it asks for.
func TestObeys(t *testing.T) {
	t.Parallel()
	refused := 0
	set := func(r *rig) { r.options.Replies = 1 }
	virtually(t, set, func(t *testing.T, r *venue) {
		r.net.hear(func(status int) {
			if status == http.StatusTooManyRequests {
				refused++
			}
		})
		desk := r.place("far").Desk
		began := time.Now()
		for range 40 {
			if _, err := desk.Beat(t.Context(), scan.Beat{Agent: "far"}); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); refused > 31 || took > 40*time.Second {
			t.Errorf("40 beats, of which 10 may come at once and then one a second, took %v, and %d were refused", took, refused)
		}
	})
}

// Also what a balancer says is obeyed, and nobody says to wait for years.
func TestObeysBalancers(t *testing.T) {
	t.Parallel()
	for says, within := range map[string][2]time.Duration{
		"7": {7 * time.Second, 8 * time.Second}, "60000": {time.Minute, 61 * time.Second}, "-1": {0, time.Second}, "tomorrow": {0, time.Second},
	} {
		calls := 0
		answer := func(w http.ResponseWriter, _ *http.Request) {
			if calls++; calls == 1 {
				w.Header().Set("Retry-After", says)
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			_, _ = w.Write([]byte(`{"order":"work"}`))
		}
		visit(t, answer, func(t *testing.T, _ *liar, c *remote.Client) {
			began := time.Now()
			if _, err := c.Workplace(nil, nil).Desk.Beat(t.Context(), scan.Beat{Agent: "far"}); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took < within[0] || took > within[1] {
				t.Errorf("told %q, it comes again after %v", says, took)
			}
		})
	}
}

// One agent has its share of the calls, and no more, however long they take.
func TestShare(t *testing.T) {
	t.Parallel()
	var gate chan struct{}
	set := func(r *rig) {
		shut(&gate)(r)
		r.options.Calls = 16
	}
	virtually(t, set, func(t *testing.T, r *venue) {
		evil, good := r.near("evil"), r.near("good")
		r.ask("j", 1)
		evil.receive("first", 1)
		got := make(chan answer, 20)
		for i := range cap(got) {
			go func() { got <- evil.part(scan.DigestOf([]byte{byte(i)}), []byte{byte(i)}, 0, 1) }()
		}
		synctest.Wait()
		if beat := good.do("POST", "/v1/beat", scan.Beat{Agent: "good"}); beat.status != http.StatusOK {
			t.Errorf("the other is answered %d %s", beat.status, beat.body)
		}
		close(gate)
		codes := map[remote.Code]int{}
		for range cap(got) {
			codes[(<-got).code()]++
		}
		if fmt.Sprint(codes) != "map[:8 busy:12]" {
			t.Errorf("it is answered %v; 8 that are good are right, and 12 that are too many", codes)
		}
	})
}

// A usual agent, of however many requests, does not come upon its share.
func TestUsualAgent(t *testing.T) {
	t.Parallel()
	refused := 0
	set := func(r *rig) {
		r.options = remote.Options{Logger: quiet()}
		r.far(10 * time.Millisecond)
	}
	virtually(t, set, func(t *testing.T, r *venue) {
		r.net.hear(func(status int) {
			if status != http.StatusOK {
				refused++
			}
		})
		far := r.place("far")
		for i := range 32 {
			r.ask("j", i+1)
		}
		var all []scan.Delivery
		for range 32 {
			all = append(all, r.take(far.Requests))
		}
		done := make(chan error)
		for _, d := range all {
			go func() {
				_, _, err := far.Blobs.Put(t.Context(), bytes.NewReader(bytes.Repeat([]byte(d.Message().Key), 1<<17)))
				done <- errors.Join(err, d.Extend(t.Context(), time.Minute), d.Ack(t.Context()))
			}()
		}
		_, err := far.Desk.Beat(t.Context(), scan.Beat{Agent: "far"})
		r.ok(err)
		for range all {
			r.ok(<-done)
		}
		if refused > 0 {
			t.Errorf("%d of its calls were refused", refused)
		}
	})
}

// However busy an agent keeps its record, it can be revoked.
func TestRevokedWhileBusy(t *testing.T) {
	t.Parallel()
	set := func(r *rig) { r.far(time.Millisecond) }
	virtually(t, set, func(t *testing.T, r *venue) {
		for i := range 5 {
			name := "far" + itoa(i)
			who := r.near(name)
			r.ask(name, 1)
			who.receive("first", 1)
			ended := make(chan int, 30)
			for i := range cap(ended) {
				go func() {
					n := 0
					for {
						if _, got := who.put([]byte{byte(i)}); got.status != http.StatusOK {
							ended <- n
							return
						}
						n++
					}
				}()
			}
			time.Sleep(100 * time.Millisecond)
			began := time.Now()
			if err := r.Revoke(t.Context(), name); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > 20*time.Millisecond {
				t.Errorf("it took %v, where the store takes 1ms", took)
			}
			for range cap(ended) {
				if n := <-ended; n == 0 {
					t.Error("one of its calls came to nothing")
				}
			}
		}
	})
}

// A header has only so much room.
func TestLongHeader(t *testing.T) {
	t.Parallel()
	virtually(t, nil, func(t *testing.T, r *venue) {
		far := r.near("far")
		for size, want := range map[int]int{4 << 10: http.StatusOK, 100 << 10: http.StatusRequestHeaderFieldsTooLarge} {
			if got := far.do("POST", "/v1/beat", scan.Beat{Agent: "far"}, "X", strings.Repeat("x", size)); got.status != want {
				t.Errorf("one of %d bytes is answered %d %s", size, got.status, got.body)
			}
		}
	})
}
