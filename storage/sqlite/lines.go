package sqlite

import (
	"context"
	"database/sql"
	"iter"
	"math"
	"time"

	"github.com/reeve-go/reeve/storage"
)

const insertLines = `INSERT INTO reeve_line
	(kind, id, version, n, at, element, from_state, event, to_state, cause, operation, inputs) VALUES {rows}`

// writeLines adds the lines of steps to the history. One that deletes its record has at least one.
func (s *session) writeLines(ctx context.Context, steps []*step, now time.Time) error {
	var lines values
	for _, c := range steps {
		for n, l := range c.lines() {
			lines.row(c.Key.Kind, c.Key.ID, integer(c.version), n, now.UnixMicro(),
				l.Element, l.From, l.Event, l.To, l.Cause, l.Operation, blob(l.Inputs))
		}
	}
	return s.exec(ctx, insertLines, lines)
}

func (c *step) lines() []storage.Line {
	if c.Delete && len(c.Lines) == 0 {
		return []storage.Line{{From: c.before, Cause: "delete"}}
	}
	return c.Lines
}

const selectLines = `SELECT version, n, at, element, from_state, event, to_state, cause, operation, inputs
FROM reeve_line WHERE kind = ? AND id = ? AND (version, n) > (?, ?) ORDER BY version, n LIMIT ? + 0`

// History implements [storage.Journal].
func (s *Store) History(ctx context.Context, key storage.Key, after uint64) iter.Seq2[storage.Line, error] {
	return pages("history", 0, func(last *storage.Line, size int) ([]storage.Line, error) {
		version, n := integer(after), math.MaxInt64
		if last != nil {
			version, n = integer(last.Version), last.N
		}
		var out []storage.Line
		err := s.read(ctx, func(tx *session) error {
			return tx.queryWhole(ctx, selectLines, values{}, func(rows *sql.Rows) error {
				var l storage.Line
				err := rows.Scan(numberColumn[uint64]{&l.Version}, &l.N, timeColumn{&l.At}, &l.Element,
					&l.From, &l.Event, &l.To, &l.Cause, &l.Operation, &l.Inputs)
				out = append(out, l)
				return err
			}, key.Kind, key.ID, version, n, size)
		})
		return out, err
	})
}
