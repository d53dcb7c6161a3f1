package refresh

import (
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Values for rows that are parked are all different, also where there are many.
func TestParking_valuesDiffer(t *testing.T) {
	t.Parallel()
	for _, typ := range []storage.ColumnType{storage.TextType, storage.BytesType, storage.UUIDType, storage.TimeType, storage.IntType, storage.FloatType, storage.NumericType} {
		w := writer{Plan: &Plan{Collections: []*CollectionPlan{{Table: "t"}}}}
		l := w.lot(0, &storage.Column{Name: "c", Type: typ})
		seen := map[storage.Value]bool{}
		for n := range 100_000 {
			v, err := l.next().As(typ)
			if err == nil {
				err = v.CheckStorable()
			}
			if err != nil || v.IsNull() || seen[v] {
				t.Fatalf("%s: the value number %d is %s, which was there before or cannot be stored: %v", typ, n, v, err)
			}
			seen[v] = true
		}
		for _, stored := range []storage.Value{storage.TextValue(""), storage.TextValue("a"), storage.IntValue(0), storage.IntValue(1), storage.TimeValue(time.Unix(0, 0))} {
			if as, err := stored.As(typ); err == nil && seen[as] {
				t.Errorf("%s: one of the values is %s", typ, as)
			}
		}
		a, b := l.instead(storage.IntValue(1)), l.instead(storage.IntValue(2))
		if again := w.lot(0, l.column).instead(storage.IntValue(1)); a == b || a != again || seen[a] || seen[b] {
			t.Errorf("%s: instead of 1, 2 and 1 again the values are %s, %s and %s", typ, a, b, again)
		}
	}
}
