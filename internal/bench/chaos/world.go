package chaos

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// A world is the outside: it does what it is called for, fails, answers late or not at all, and keeps a
// ledger of it. What a call meets depends on the seed, its key and how often the key was seen.
type world struct {
	*ledger

	seed  uint64
	late  time.Duration // how long a late answer takes at least
	conns *connections
	busy  sync.WaitGroup
}

// A mood is what a call meets.
type mood string

const (
	willing mood = "it is done and answered"
	failing mood = "it fails"
	deaf    mood = "the connection is lost before it is done"
	mute    mood = "the connection is lost after it was done"
	slow    mood = "it is done and answered late"
)

// moods are what a hundred calls meet.
var moods = []struct {
	mood
	percent int
}{{failing, 10}, {deaf, 2}, {mute, 3}, {slow, 1}, {willing, 84}}

// newWorld returns a world that can be called at the path of a socket until ctx ends.
func newWorld(ctx context.Context, path string, seed uint64, late time.Duration) (*world, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	w := &world{ledger: newLedger(), seed: seed, late: late, conns: newConnections()}
	w.busy.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.busy.Go(func() { w.serve(ctx, conn) })
		}
	})
	context.AfterFunc(ctx, func() {
		_ = listener.Close()
		w.conns.cut()
	})
	return w, nil
}

// serve carries out the one call of a connection, also if its caller is gone by then.
func (w *world) serve(ctx context.Context, conn net.Conn) {
	w.conns.add(conn)
	defer w.conns.close(conn)
	var c call
	if json.NewDecoder(conn).Decode(&c) != nil {
		return // the caller died while he spoke
	}
	number, nth := w.begin(c)
	dice := w.dice(c.Key, nth)
	m := moodOf(dice)
	wait(ctx, w.takes(m, dice))
	switch m {
	case failing:
		w.end(number, resultFailed)
		_ = json.NewEncoder(conn).Encode(answer{Error: "it failed"})
	case deaf:
		w.end(number, resultUnread)
	case mute:
		w.end(number, resultDone)
	case slow, willing:
		w.end(number, resultDone)
		_ = json.NewEncoder(conn).Encode(answer{})
	}
}

func (w *world) dice(key string, nth int) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key))
	return rand.New(rand.NewPCG(w.seed, h.Sum64()+uint64(nth))) //nolint:gosec // a count
}

func moodOf(dice *rand.Rand) mood {
	n := dice.IntN(100)
	for _, m := range moods {
		if n -= m.percent; n < 0 {
			return m.mood
		}
	}
	return willing
}

func (w *world) takes(m mood, dice *rand.Rand) time.Duration {
	if m == slow {
		return w.late + time.Duration(dice.Int64N(int64(w.late)))
	}
	return time.Millisecond + time.Duration(dice.Int64N(int64(20*time.Millisecond)))
}

// wait waits, and is false if ctx ends before.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
