package bolt

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// Check says what is wrong with a database: with its pages, and with its indexes, which must have the
// entries of its rows and no others.
func Check(db *bbolt.DB) error {
	return db.View(func(handle *bbolt.Tx) error {
		var errs []error
		for err := range handle.Check() {
			errs = append(errs, err)
		}
		t := newTx(handle, time.Time{})
		want := map[entry]string{}
		expect(t, records, t.recordsAt, want)
		expect(t, elements, t.elementsAt, want)
		expect(t, messages, t.messagesAt, want)
		expect(t, effects, t.effectsAt, want)
		expect(t, lines, t.linesAt, want)
		got := map[entry]string{}
		_ = t.root.ForEachBucket(func(bucket []byte) error {
			if !slices.Contains([]table{records, elements, messages, effects, lines}, table(bucket)) {
				for _, h := range t.find(index(bucket), "", "\xff", 0) {
					got[entry{index(bucket), h.key}] = h.row
				}
			}
			return nil
		})
		if !maps.Equal(got, want) {
			errs = append(errs, fmt.Errorf("the indexes have the entries\n%q\nand the rows say\n%q", got, want))
		}
		return errors.Join(append(errs, t.err)...)
	})
}

// expect notes the entries of a table's rows.
func expect[R row](t *tx, in table, at func([]hit) []R, want map[entry]string) {
	for _, r := range at(t.list(in, "", "\xff", 0)) {
		for _, e := range r.entries() {
			want[e] = r.place().key
		}
	}
}
