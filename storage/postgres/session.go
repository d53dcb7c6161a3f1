package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reeve-go/reeve/storage"
)

// A sender is where statements go: a connection, a pool or a transaction.
type sender interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// A session collects statements and sends them to the server together: what is sent at once costs one
// round trip, however many statements it is.
type session struct {
	*language
	tables tables
	to     sender
	batch  *pgx.Batch

	tx      lent         // what the host's own code gets; empty outside of a transaction
	sent    bool         // something was sent
	plain   bool         // pgx goes by the types of Go
	host    bool         // the transaction is the host's
	witness witness      // of a transaction that writes
	now     time.Time    // the store's time, read after the locks were had
	due     storage.Hint // what of that which was written is due
	maybe   storage.Hint // what may be, by what was asked
	wakes   bool         // something is said to a record, which as a rule makes it due

	announced bool // the others were told
}

// session returns a session on something that belongs to the store's pool.
func (s *Store) session(to sender) *session {
	return &session{language: s.language, tables: s.tables, to: to, batch: &pgx.Batch{}, plain: s.plain}
}

// inHost returns a session in the host's transaction.
func (s *Store) inHost() *session {
	tx := s.session(s.host)
	tx.tx, tx.host = lent{s.host}, true
	if conn := s.host.Conn(); conn != nil {
		tx.plain = goesByGo(conn.Config().DefaultQueryExecMode)
	}
	return tx
}

// exec adds a statement that returns nothing of interest.
func (s *session) exec(query string, args ...any) { s.batch.Queue(s.text(query), args...) }

// query adds a statement; scan is called with each row that it returns.
func (s *session) query(query string, scan func(pgx.Rows) error, args ...any) {
	s.batch.Queue(s.text(query), args...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// over adds a statement over rows, whose arrays are its first parameters; without rows it does nothing.
func (s *session) over(query string, r *rows, more ...any) {
	if r.n > 0 {
		s.exec(query, r.args(s.plain, more...)...)
	}
}

// each is over with a scan.
func (s *session) each(query string, r *rows, scan func(pgx.Rows) error, more ...any) {
	if r.n > 0 {
		s.query(query, scan, r.args(s.plain, more...)...)
	}
}

// queryDue adds a statement that returns whether what it wrote is due now.
func (s *session) queryDue(what storage.Hint, query string, args ...any) {
	s.maybe |= what
	s.query(query, func(rows pgx.Rows) error {
		var due *bool
		err := rows.Scan(&due)
		if due != nil && *due {
			s.due |= what
		}
		return err
	}, args...)
}

// dueOver is queryDue over rows.
func (s *session) dueOver(what storage.Hint, query string, r *rows, more ...any) {
	if r.n > 0 {
		s.queryDue(what, query, r.args(s.plain, more...)...)
	}
}

// flush sends what was collected.
func (s *session) flush(ctx context.Context) error {
	if s.batch.Len() == 0 {
		return nil
	}
	batch := s.batch
	s.batch = &pgx.Batch{}
	results := s.to.SendBatch(ctx, batch)
	if tx := results.Tx(); tx != nil {
		s.tx = lent{tx}
	}
	err := results.Close()
	s.sent = s.sent || !pgconn.SafeToRetry(err)
	return err
}

// send sends what fn collects over a connection of its own, where it does not matter if it is sent again.
func (s *Store) send(ctx context.Context, fn func(*session)) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	tx := s.session(conn)
	fn(tx)
	return early(tx.flush(ctx))
}
