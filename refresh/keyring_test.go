package refresh

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/storage"
)

// A keyring does what a map does that numbers its keys.
func TestKeyringIsAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var ring rowKeys
		numbers, rows := map[string]int32{}, map[int32]int32{}
		key := func(t *rapid.T) string {
			long := rapid.SampledFrom([]int{0, 0, 0, 0, 1, textSize / 2, textSize + 1}).Draw(t, "long")
			return strings.Repeat("k", long) + rapid.StringMatching(`[a-c\x00]{0,4}`).Draw(t, "key")
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				k := key(t)
				n, there := numbers[k]
				if !there {
					n = int32(len(numbers))
					numbers[k] = n
				}
				if got := ring.add([]byte(k)); got != n {
					t.Fatalf("the number of %q is %d, not %d", k, got, n)
				}
			},
			"set": func(t *rapid.T) {
				if len(numbers) == 0 {
					t.Skip("there is nothing yet")
				}
				n := int32(rapid.IntRange(0, len(numbers)-1).Draw(t, "number"))
				rows[n] = int32(rapid.IntRange(twice, 9).Draw(t, "row"))
				ring.set(n, rows[n])
			},
			"forget": func(t *rapid.T) {
				least := rapid.IntRange(0, 9).Draw(t, "least")
				ring.forget(least)
				for n, row := range rows {
					if int(row) >= least {
						delete(rows, n)
					}
				}
			},
			"find": func(t *rapid.T) {
				k := key(t)
				n, known := numbers[k]
				if got, there := ring.find([]byte(k)); there != known || there && got != n {
					t.Fatalf("%q is found as %d, %t; %d, %t is right", k, got, there, n, known)
				}
				want, has := rows[n]
				if got, there := ring.row([]byte(k)); there != (known && has) || there && got != want {
					t.Fatalf("the row of %q is %d, %t; %d, %t is right", k, got, there, want, known && has)
				}
			},
			"": func(t *rapid.T) {
				if ring.len() != len(numbers) {
					t.Fatalf("there are %d keys, not %d", ring.len(), len(numbers))
				}
				all := map[int32]int32{}
				for k, row := range ring.all() {
					all[numbers[string(k)]] = row
				}
				for n, row := range rows {
					if all[n] != row {
						t.Fatalf("of key %d there is row %d, not %d", n, all[n], row)
					}
				}
				if len(all) != len(rows) {
					t.Fatalf("%d keys have rows, not %d", len(all), len(rows))
				}
			},
		})
	})
}

// The key that was found last and the one behind it are found without their slots.
func TestKeyringIsNear(t *testing.T) {
	t.Parallel()
	var ring keyring
	keys := []string{"a", "b", "c", "d"}
	for _, k := range keys {
		ring.add([]byte(k))
	}
	for _, reach := range []func([]byte){
		func(k []byte) { ring.find(k) },
		func(k []byte) { ring.add(k) },
	} {
		for _, from := range []int32{2, 0, 1, 3} {
			reach([]byte(keys[from]))
			for n, k := range keys {
				is := int32(n) == from || int32(n) == from+1
				at := ring
				if number, near := at.near([]byte(k)); near != is || near && number != int32(n) {
					t.Errorf("from %s, %s is near: %t, number %d", keys[from], k, near, number)
				}
			}
		}
	}
}

var someIDs = []storage.Value{
	storage.IntValue(0), storage.IntValue(7), storage.IntValue(-1), storage.TextValue(""), storage.TextValue("a"), storage.TextValue("7"),
}

func TestRowIDs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ids := rowIDs{rows: 9}
		want := map[int32]string{}
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				row := int32(rapid.IntRange(0, 8).Draw(t, "row"))
				if want[row] != "" {
					t.Skip("it has one")
				}
				v := rapid.SampledFrom(someIDs).Draw(t, "id")
				ids.set(row, v)
				want[row] = v.String()
			},
			"": func(t *rapid.T) {
				for row := range int32(9) {
					got := ids.at(row)
					if got.IsNull() != (want[row] == "") || !got.IsNull() && got.String() != want[row] {
						t.Fatalf("row %d has id %s, not %s", row, got, want[row])
					}
				}
			},
		})
	})
}
