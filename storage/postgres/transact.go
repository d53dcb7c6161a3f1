package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A writing is a transaction in two round trips: look locks what is concerned, in one order for all,
// and reads what the answers depend on; act decides, and collects what is to be written. It is tried
// again where the server says so, so both begin from nothing at each call.
type writing struct {
	look func(*session)
	act  func(context.Context, *session) error
	// impatient: it waits for locks for waitForLock.
	impatient bool
}

// tries is how often a transaction is tried that the server refuses for the sake of others. Besides, each
// connection of the pool may have ended unnoticed, as when the server was restarted.
const tries = 10

// write makes the writing true, or returns an error: then nothing is written, except after ErrUnknown.
func (s *Store) write(ctx context.Context, w writing) error {
	if err := s.checkSchema(ctx); err != nil {
		return err
	}
	if s.host != nil {
		return s.writeInside(ctx, w)
	}
	var tx *session
	err := s.again(ctx, func() (err error) {
		tx, err = s.transact(ctx, w)
		return err
	})
	switch {
	case err != nil:
		return err
	case tx.announced:
		s.notifier.listeners.Hint(tx.due)
	case tx.due != 0:
		s.hint(ctx, tx.due)
	}
	return nil
}

// connect returns a connection of the pool.
func (s *Store) connect(ctx context.Context) (*pgxpool.Conn, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("no connection of the pool, which has %d at most, was free in time: %w", s.pool.Stat().MaxConns(), err)
	}
	return conn, early(err)
}

// again calls fn until it succeeds or fails for good.
func (s *Store) again(ctx context.Context, fn func() error) error {
	for try := 1; ; try++ {
		err := fn()
		if err == nil || ctx.Err() != nil || !canTryAgain(err) || try > tries+int(s.pool.Stat().MaxConns()) ||
			!pause(ctx, rand.N(time.Duration(min(try, tries))*2*time.Millisecond)) {
			return err
		}
	}
}

// The transactions rely on that each statement sees what was committed before it began. Whether writes are
// allowed is for the server to say.
var readCommitted = pgx.TxOptions{IsoLevel: pgx.ReadCommitted}

const (
	// planByIndex comes first. A statement is planned once for all arrays, and as if its tables were large: a
	// plan that was made while they were small would stay when they grow.
	// And the locks of a program that is gone without the server's learning of it are not to stay.
	planByIndex = selectClock + `, set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
	set_config('idle_in_transaction_session_timeout', coalesce(nullif(current_setting('idle_in_transaction_session_timeout'), '0'), '10s'), true)`

	selectClock = `SELECT reeve.clock()`

	// waitBriefly is planByIndex for what does not wait long for locks. It keeps what the host has set if that is shorter.
	waitBriefly = planByIndex + `, set_config('lock_timeout', CASE WHEN t > '0' AND t < '` + waitForLock + `' THEN current_setting('lock_timeout') ELSE '` + waitForLock + `' END, true)
FROM (SELECT current_setting('lock_timeout')::interval) AS host (t)`

	// beginWriting reads the time once the locks are had.
	beginWriting = selectClock + `, pg_current_xact_id()::text`
)

// planByIndex reads the time, and sets how to plan until the transaction ends, unless that is the host's.
func (s *session) planByIndex(now *time.Time) {
	if s.host {
		s.query(selectClock, func(rows pgx.Rows) error { return rows.Scan(timeColumn{now}) })
		return
	}
	s.query(planByIndex, func(rows pgx.Rows) error { return rows.Scan(timeColumn{now}, nil, nil, nil) })
}

func (s *Store) transact(ctx context.Context, w writing) (*session, error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	tx := s.session(conn)
	tx.witness = s.witnesses.take()
	defer func(used *pgx.Conn) {
		if !used.IsClosed() {
			s.witnesses.giveBack(tx.witness)
		}
	}(conn.Conn())
	tx.batch.BeginTx(readCommitted)
	if w.impatient {
		tx.exec(waitBriefly)
	} else {
		tx.planByIndex(new(time.Time))
	}
	w.look(tx)
	tx.query(beginWithWitness, func(rows pgx.Rows) error {
		return rows.Scan(timeColumn{&tx.now}, &tx.witness.xid, &tx.witness.pid)
	}, s.witnesses.store, tx.witness.slot, tx.witness.n)
	if err := tx.flush(ctx); err != nil {
		rollBack(ctx, conn)
		return nil, early(err)
	}
	if err := w.act(ctx, tx); err != nil {
		rollBack(ctx, conn)
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		rollBack(ctx, conn)
		return nil, err
	}
	return tx, s.commit(ctx, conn, tx)
}

// commit sends what was collected together with the COMMIT. From here on a canceled context does not
// stop it at once, because then nobody would know what became of it.
func (s *Store) commit(ctx context.Context, conn *pgxpool.Conn, tx *session) error {
	longer, cancel := linger(ctx)
	defer cancel()
	made := false
	tx.batch.Queue("COMMIT").Exec(func(pgconn.CommandTag) error {
		made = true
		return nil
	})
	if tx.wakes {
		tx.exec(notify, s.notifier.channel, s.notifier.says(tx.maybe)) // a transaction of its own, but no round trip
		tx.announced = true
	}
	err := tx.flush(longer)
	if made {
		tx.announced = tx.announced && err == nil
		return nil
	}
	if wasRefused(err) {
		rollBack(ctx, conn)
		return err
	}
	_ = conn.Hijack().Close(longer) // its place in the pool is needed to ask
	return s.whatBecame(ctx, tx.witness, err)
}

// patience is how long something goes on after its context has ended.
const patience = 5 * time.Second

// linger returns a context that ends a while after ctx.
func linger(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(patience, func() { cancel(context.Cause(ctx)) })
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() {
		stop()
		cancel(nil)
	}
}

// rollBack ends a transaction, or the connection if that cannot be done.
func rollBack(ctx context.Context, conn *pgxpool.Conn) {
	if conn.Conn().PgConn().TxStatus() == 'I' || conn.Conn().IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
		_ = conn.Conn().Close(ctx)
	}
}

// lease runs fn, which leases things and collects what more is to be read about them, in a transaction,
// and returns how many these are. If anything goes wrong, nobody has a lease.
func (s *Store) lease(ctx context.Context, fn func(*session) (int, error)) error {
	if err := s.checkSchema(ctx); err != nil {
		return err
	}
	if s.host != nil {
		return s.leaseInside(ctx, fn)
	}
	return s.again(ctx, func() error {
		conn, err := s.connect(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		tx := s.session(conn)
		tx.batch.BeginTx(readCommitted)
		tx.planByIndex(new(time.Time))
		n, err := fn(tx)
		if err == nil && n > 0 {
			tx.exec("COMMIT")
			err = tx.flush(ctx)
		}
		if err != nil || n == 0 {
			rollBack(ctx, conn)
		}
		return early(err)
	})
}

func (s *Store) leaseInside(ctx context.Context, fn func(*session) (int, error)) error {
	tx := s.inHost()
	tx.begin()
	_, err := fn(tx)
	if err == nil {
		tx.exec("RELEASE SAVEPOINT reeve_call")
		err = tx.flush(ctx)
	}
	if err != nil {
		return errors.Join(err, tx.undo(ctx, "reeve_call"))
	}
	return nil
}

// writeInside writes in the host's transaction, under a savepoint.
func (s *Store) writeInside(ctx context.Context, w writing) error {
	tx := s.inHost()
	tx.begin()
	w.look(tx)
	tx.query(beginWriting, func(rows pgx.Rows) error {
		return rows.Scan(timeColumn{&tx.now}, nil)
	})
	err := tx.flush(ctx)
	if err == nil {
		err = w.act(ctx, tx)
	}
	if err == nil {
		tx.exec("RELEASE SAVEPOINT reeve_call")
		err = tx.flush(ctx)
	}
	if err != nil {
		return errors.Join(err, tx.undo(ctx, "reeve_call"))
	}
	return nil
}

// undo takes back what was written since a savepoint. Where a statement has failed nothing can be prepared, so
// it is sent as it is.
func (s *session) undo(ctx context.Context, savepoint string) error {
	if !s.sent { // nor was the savepoint
		return nil
	}
	s.batch = &pgx.Batch{}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	_, err := s.tx.Exec(ctx, "ROLLBACK TO SAVEPOINT "+savepoint+"; RELEASE SAVEPOINT "+savepoint, pgx.QueryExecModeSimpleProtocol)
	return err
}

// unwritten is what went wrong before anything was written, or where it does not matter.
type unwritten struct{ err error }

func early(err error) error {
	if err == nil {
		return nil
	}
	return &unwritten{err}
}

func (e *unwritten) Error() string { return e.err.Error() }
func (e *unwritten) Unwrap() error { return e.err }

// What the server calls an error, for canTryAgain.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	uniqueViolation      = "23505"
)

// canTryAgain reports whether a transaction that was not made may be made at the next try: others were
// in the way, or created what it was about to create, or the connection had ended.
func canTryAgain(err error) bool {
	var refused *pgconn.PgError
	var unwritten *unwritten
	switch {
	case errors.Is(err, errAborted):
		return true
	case errors.As(err, &refused) && wasRefused(err):
		return refused.Code == serializationFailure || refused.Code == deadlockDetected ||
			refused.Code == uniqueViolation && refused.SchemaName != ""
	case errors.As(err, &unwritten):
		return !isCanceled(err)
	}
	return false
}

func isCanceled(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// wasRefused reports whether the server answered with an error that leaves the session alive: then the
// transaction was not committed.
func wasRefused(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.SeverityUnlocalized == "ERROR"
}

// pause waits, and reports whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// failed says which call an error is of, and what to do about it where the server does not.
func failed(call string, err error) error {
	var refused *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && refused.Code == "25006":
		return fmt.Errorf("postgres: %s: the server takes no writes; is it a standby, or default_transaction_read_only on? %w", call, err)
	case errors.As(err, &refused) && (refused.Code == "53100" || refused.Code == "53200"):
		return fmt.Errorf("postgres: %s: the server has run out of disk or memory; nothing was written: %w", call, err)
	default:
		return fmt.Errorf("postgres: %s: %w", call, err)
	}
}
