package postgres_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// Effects are taken for new, until one is not: it adds nothing, what goes with it is made all the same, and then it is
// looked first for a while.
func TestEmissionsAreTakenForNew(t *testing.T) {
	t.Parallel()
	c := &counter{}
	pool := tracedPool(t, inNoHurry(pgtest.URL(t)), c)
	h := hand{t, storeOn(t, pool, dropped(t, pool, postgres.Options{}))}
	h.apply(creation("a"), creation("b"))
	emit := func(version uint64, wish storage.Effect, looks bool) {
		t.Helper()
		c.since()
		one, other := creation("a"), creation("b")
		one.Version, other.Version = version, version
		one.Emit = []storage.Effect{wish}
		h.apply(one, other)
		_, statements, _ := c.since()
		looked := slices.ContainsFunc(statements, func(s string) bool { return strings.Contains(s, "t.effect_id = v.effect_id") })
		if looked != looks {
			t.Errorf("at version %d it is %t that it was looked first; the statements are\n%s", version, looked, strings.Join(statements, "\n"))
		}
	}
	first := aWish("first", "")
	emit(1, first, false)
	emit(2, aWish("second", ""), false)
	emit(3, first, true) // at the second try
	emit(4, aWish("third", ""), true)
	if taken := h.take(9); len(taken) != 3 {
		t.Errorf("%d effects can be taken; want three", len(taken))
	}
}
