package postgres

import (
	"context"
	"encoding/hex"
	"hash/fnv"
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
	sending   atomic.Bool // somebody sends
	asked     atomic.Bool // since then, another one is needed
}

func newNotifier(schema string) *notifier {
	h := fnv.New64a()
	_, _ = h.Write([]byte(schema))
	return &notifier{channel: "reeve_" + hex.EncodeToString(h.Sum(nil))}
}

// notify waits for no disk: a lost notification costs a poll. It is a transaction of its own, because
// one that changes rows would keep others from committing until it is on the disk.
const notify = `SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, '')`

// hint says that something is due. Who comes while another sends leaves it to him.
func (s *Store) hint(ctx context.Context) {
	n := s.notifier
	n.listeners.Hint()
	n.asked.Store(true)
	for n.asked.Load() && n.sending.CompareAndSwap(false, true) {
		n.asked.Store(false)
		quick, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		_ = s.one(quick, notify, nil, n.channel) // the poll finds what was not announced
		cancel()
		n.sending.Store(false)
	}
}

// Listen implements [storage.Notifier]: for what is committed through this store, and for what other
// processes commit unless [Options.Pooled] is set. For the latter it takes a connection from the pool, for
// as long as it listens, and another one when it breaks. There is no hint of what is written inside a transaction of
// the host ([Store.With]), because only the host knows when it commits.
func (s *Store) Listen(ctx context.Context, hint func()) error {
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
func (s *Store) listenElsewhere(ctx context.Context, hint func()) {
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
func (s *Store) listenOnce(ctx context.Context, hint func()) {
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
	hint() // because of what was announced before
	for {
		if _, err := own.WaitForNotification(ctx); err != nil {
			return
		}
		hint()
	}
}
