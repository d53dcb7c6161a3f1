package postgres

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"hash/fnv"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// A notifier gives hints: to those who listen in this process at once, and to other processes by one
// notification at a time, however many changes asked for one meanwhile.
type notifier struct {
	listeners storage.Listeners
	channel   string
	name      string        // tells what this process announced from what others did
	sending   atomic.Bool   // somebody sends
	asked     atomic.Uint32 // what has become due since then
}

func newNotifier(schema string) *notifier {
	h := fnv.New64a()
	_, _ = h.Write([]byte(schema))
	return &notifier{channel: "reeve_" + hex.EncodeToString(h.Sum(nil)), name: rand.Text()}
}

// notify waits for no disk: a lost notification costs a poll. It is a transaction of its own, because
// one that changes rows would keep others from committing until it is on the disk.
const notify = `SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)`

// says is the text of a notification: who sends it, and what may be due.
func (n *notifier) says(due storage.Hint) string { return n.name + "." + strconv.Itoa(int(due)) }

// hears returns what a notification of somebody else is about: of both, if it does not say. Whoever listens here had the hint of what
// was done here at the commit.
func (n *notifier) hears(text string) storage.Hint {
	name, due, _ := strings.Cut(text, ".")
	if name == n.name {
		return 0
	}
	if bits, err := strconv.ParseUint(due, 10, 8); err == nil && storage.Hint(bits)&storage.HintBoth != 0 {
		return storage.Hint(bits)
	}
	return storage.HintBoth
}

// hint says that something is due. Who comes while another sends leaves it to him.
func (s *Store) hint(ctx context.Context, due storage.Hint) {
	n := s.notifier
	n.listeners.Hint(due)
	n.asked.Or(uint32(due))
	for n.asked.Load() != 0 && n.sending.CompareAndSwap(false, true) {
		due := storage.Hint(n.asked.Swap(0)) //nolint:gosec // they were hints
		quick, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		_ = s.one(quick, notify, nil, n.channel, n.says(due)) // the poll finds what was not announced
		cancel()
		n.sending.Store(false)
	}
}

// Listen implements [storage.Notifier]: for what is committed through this store, and for what other
// processes commit unless [Options.Pooled] is set. For the latter it takes a connection from the pool, for
// as long as it listens, and another one when it breaks. There is no hint of what is written inside a transaction of
// the host ([Store.With]), because only the host knows when it commits.
func (s *Store) Listen(ctx context.Context, hint func(storage.Hint)) error {
	if s.pooled {
		return s.notifier.listeners.Listen(ctx, hint)
	}
	elsewhere, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.listenElsewhere(elsewhere, hint)
	}()
	err := s.notifier.listeners.Listen(ctx, hint)
	stop()
	<-done
	return err
}

// listenElsewhere hints at each notification, until ctx ends.
func (s *Store) listenElsewhere(ctx context.Context, hint func(storage.Hint)) {
	const longest = 5 * time.Second
	for wait := 100 * time.Millisecond; ctx.Err() == nil; wait = min(2*wait, longest) {
		begun := time.Now()
		s.listenOnce(ctx, hint)
		if time.Since(begun) > longest {
			wait = 100 * time.Millisecond
		}
		pause(ctx, wait)
	}
}

// listenOnce does it on one connection, until that breaks.
func (s *Store) listenOnce(ctx context.Context, hint func(storage.Hint)) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return
	}
	own := conn.Hijack() // one that has listened must not go back
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = own.Close(ctx)
	}()
	if _, err := own.Exec(ctx, "LISTEN "+pgx.Identifier{s.notifier.channel}.Sanitize()); err != nil {
		return
	}
	hint(storage.HintBoth) // because of what was announced before
	for {
		announced, err := own.WaitForNotification(ctx)
		if err != nil {
			return
		}
		if due := s.notifier.hears(announced.Payload); due != 0 {
			hint(due)
		}
	}
}
