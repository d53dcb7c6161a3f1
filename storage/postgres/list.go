package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// list returns a page of what a query selects.
func list[T any](ctx context.Context, s *Store, call, query string, f *filter, size int, scan func(pgx.Rows) (T, error)) (out []T, err error) {
	args := slices.Concat(f.args, []any{size})
	err = s.read(ctx, func(tx *session) {
		out = nil
		tx.query(fmt.Sprintf("%s LIMIT $%d", query, len(args)), func(rows pgx.Rows) error {
			row, err := scan(rows)
			out = append(out, row)
			return err
		}, args...)
	})
	return out, failed(call, err)
}

// A filter is the WHERE of a list.
type filter struct {
	terms []string
	args  []any
}

// add adds a term that ends with the $ of its parameter.
func (f *filter) add(term string, arg any) {
	f.args = append(f.args, arg)
	f.terms = append(f.terms, fmt.Sprint(term, len(f.args)))
}

// addKey demands a record, or a kind if the key has no id.
func (f *filter) addKey(table string, k storage.Key) {
	if k.Kind != "" || k.ID != "" {
		f.add(table+".kind = $", k.Kind)
	}
	if k.ID != "" {
		f.add(table+".id = $", k.ID)
	}
}

// addAny demands that a column has one of the wanted values; none wanted: any.
func addAny[T any](f *filter, column string, wanted []T) {
	if len(wanted) > 0 {
		f.args = append(f.args, wanted)
		f.terms = append(f.terms, fmt.Sprintf("%s = ANY($%d)", column, len(f.args)))
	}
}

// addStatuses does it with the names of statuses, which stand in the text, so that an index of one
// status is found.
func addStatuses[S interface{ String() string }](f *filter, column string, wanted []S) {
	if len(wanted) == 0 {
		return
	}
	names := make([]string, len(wanted))
	for i, s := range wanted {
		names[i] = "'" + strings.ReplaceAll(s.String(), "'", "''") + "'"
	}
	f.terms = append(f.terms, column+" IN ("+strings.Join(names, ", ")+")")
}

// where returns the clause, with a blank before it.
func (f *filter) where() string {
	if len(f.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(f.terms, " AND ")
}
