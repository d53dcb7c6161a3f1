package sqlite

import "testing"

func TestAtLeast(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"3.37.2": false, "3.9.99": false, "2.99": false, "3.38.0": true, "3.38": true, "3.38.5": true, "3.100.0": true, "4.0": true,
		"3.39.0-beta": true, "none": false,
	} {
		if got := atLeast(version, oldestSQLite[:]); got != want {
			t.Errorf("atLeast(%q) is %v, want %v", version, got, want)
		}
	}
}

// Few sizes, and never more than are left.
func TestPieces(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{1: 1, 3: 3, 4: 1, 63: 9, 64: 1, 100: 4, 1000: 19} {
		pieces := 0
		for left := n; left > 0; pieces++ {
			size := pieceOf(left)
			if size > left {
				t.Fatalf("a piece of %d rows has %d", left, size)
			}
			left -= size
		}
		if pieces != want {
			t.Errorf("%d rows make %d pieces, want %d", n, pieces, want)
		}
	}
}
