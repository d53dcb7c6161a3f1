package refresh

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/storage"
)

// Whatever the ids are, they are kept as they came.
func TestCreated(t *testing.T) {
	t.Parallel()
	id := rapid.OneOf(
		rapid.Map(rapid.Int64(), storage.IntValue),
		rapid.Map(rapid.StringMatching(`[0-9a-fA-F]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), storage.TextValue),
		rapid.Map(rapid.String(), storage.TextValue),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 40), storage.BytesValue),
	)
	rapid.Check(t, func(t *rapid.T) {
		of := id
		if rapid.Bool().Draw(t, "of one kind") {
			of = rapid.OneOf(rapid.Map(rapid.Int64(), storage.IntValue))
		}
		ids := rapid.SliceOf(of).Draw(t, "ids")
		var c created
		for _, id := range ids {
			c.add(id)
		}
		if c.len() != len(ids) {
			t.Fatalf("%d of %d ids are kept", c.len(), len(ids))
		}
		for i, id := range ids {
			if got := c.at(i); got != id {
				t.Fatalf("id %d is %s, and was %s", i, got, id)
			}
		}
	})
}

// What databases give takes no more room than its bits.
func TestCreated_isCompact(t *testing.T) {
	t.Parallel()
	var numbers, uuids created
	for i := range 100 {
		numbers.add(storage.IntValue(int64(i)))
		uuids.add(storage.TextValue(textOf([16]byte{byte(i), 0xab})))
	}
	if len(numbers.ints) != 100 || len(uuids.uuids) != 100 {
		t.Errorf("%d of 100 integers and %d of 100 UUIDs are kept as bits", len(numbers.ints), len(uuids.uuids))
	}
}
