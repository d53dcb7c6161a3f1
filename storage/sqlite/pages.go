package sqlite

import (
	"iter"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// pageSize is how many rows a list reads at a time.
const pageSize = 100

// pages yields what page returns, page after page, up to limit (zero: all). Page gets the last one
// of the page before, nil at first. Between pages nothing is held, so that the caller may write.
func pages[T any](call string, limit int, page func(last *T, size int) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var last *T
		for left := limit; limit <= 0 || left > 0; {
			size := pageSize
			if limit > 0 {
				size = min(size, left)
			}
			rows, err := page(last, size)
			if err != nil {
				var none T
				yield(none, failed(call, err))
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			if len(rows) < size {
				return
			}
			left, last = left-len(rows), &rows[len(rows)-1]
		}
	}
}

// A filter is the WHERE of a list.
type filter struct {
	terms []string
	args  []any
}

func (f *filter) add(term string, args ...any) {
	f.terms = append(f.terms, term)
	f.args = append(f.args, args...)
}

// addIn demands that a column has one of the wanted values; none wanted: any.
func addIn[T any](f *filter, column string, wanted []T) {
	if len(wanted) == 0 {
		return
	}
	f.terms = append(f.terms, column+" IN (?"+strings.Repeat(", ?", len(wanted)-1)+")")
	for _, w := range wanted {
		f.args = append(f.args, w)
	}
}

// addKey demands a record, or a kind if the key has no id. A kind is no reason to use an index, which
// would have to be sorted by number.
func addKey(f *filter, table string, k storage.Key) {
	if k.ID != "" {
		f.add(table+".kind = ? AND "+table+".id = ?", k.Kind, k.ID)
	} else if k.Kind != "" {
		f.add("+"+table+".kind = ?", k.Kind)
	}
}

// where returns the clause, with a blank before it.
func (f *filter) where() string {
	if len(f.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(f.terms, " AND ")
}

// namesOf returns the names of statuses, as they are stored.
func namesOf[S interface{ String() string }](statuses []S) []string {
	var names []string
	for _, s := range statuses {
		names = append(names, s.String())
	}
	return names
}
