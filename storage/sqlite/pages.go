package sqlite

import (
	"iter"
	"strings"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// pages is [adapter.Pages]; its error says which call it is of.
func pages[T any](call string, limit int, page func(last *T, size int) ([]T, error)) iter.Seq2[T, error] {
	return adapter.Pages(limit, func(last *T, size int) ([]T, error) {
		rows, err := page(last, size)
		return rows, failed(call, err)
	})
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
