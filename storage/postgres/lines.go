package postgres

import (
	"context"
	"iter"
	"math"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

const selectLines = `SELECT version, n, at, element, from_state, event, to_state, cause, operation, inputs
FROM reeve.line WHERE kind = $1 AND id = $2 AND (version, n) > ($3, $4) ORDER BY version, n`

// History implements [storage.Journal].
func (s *Store) History(ctx context.Context, key storage.Key, after uint64) iter.Seq2[storage.Line, error] {
	return adapter.Pages(0, func(last *storage.Line, size int) ([]storage.Line, error) {
		version, n := integer(after), math.MaxInt32
		if last != nil {
			version, n = integer(last.Version), last.N
		}
		f := filter{args: []any{key.Kind, key.ID, version, n}}
		return list(ctx, s, "history", selectLines, &f, size, func(rows pgx.Rows) (l storage.Line, err error) {
			err = rows.Scan(&l.Version, &l.N, timeColumn{&l.At}, &l.Element, &l.From, &l.Event, &l.To, &l.Cause, &l.Operation, &l.Inputs)
			return l, err
		})
	})
}
