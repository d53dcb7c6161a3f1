package adapter

import "iter"

// PageSize is how many rows a list reads at a time.
const PageSize = 100

// Pages yields what page returns, page after page, up to limit (zero: all). Page gets the last one
// of the page before, nil at first. Between pages nothing is held, so that the caller may write.
func Pages[T any](limit int, page func(last *T, size int) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var last *T
		for left := limit; limit <= 0 || left > 0; {
			size := PageSize
			if limit > 0 {
				size = min(size, left)
			}
			rows, err := page(last, size)
			if err != nil {
				var none T
				yield(none, err)
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
