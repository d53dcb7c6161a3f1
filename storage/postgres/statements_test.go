package postgres_test

import (
	"fmt"
	"testing"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A cost is what calls send to the server.
type cost struct {
	trips      int
	statements []string
}

func (c cost) String() string {
	return fmt.Sprintf("%d statements in %d round trips:\n\t%s", len(c.statements), c.trips, shortly(c.statements))
}

// exceeds reports whether it is more than another. A claim may look twice.
func (c cost) exceeds(other cost) bool {
	return c.trips > other.trips+1 || len(c.statements) > len(other.statements)+1
}

// costs returns what each call of a life of n records sends.
func costs(t *testing.T, n int) map[string]cost {
	t.Helper()
	c := &counter{}
	pool := tracedPool(t, inNoHurry(pgtest.URL(t)), c)
	h := hand{t, storeOn(t, pool, dropped(t, pool, postgres.Options{}))}
	h.apply(storage.Change{Key: storage.Key{Kind: "pool", ID: "p"}, Record: storage.Record{State: "on"}})
	c.since()
	all := map[string]cost{}
	l := life{h, "n", n, func(what string) {
		trips, statements, _ := c.since()
		all[what] = cost{trips, statements}
	}}
	l.create()
	l.listen()
	l.richTurn()
	l.turn(1)
	l.perform()
	l.turn(2)
	l.end()
	return all
}

// A batch costs as many statements and round trips as a small one, however large it is. What is alone costs
// no more.
func TestABatchCostsAsMuchAsAFew(t *testing.T) {
	t.Parallel()
	one, ten := costs(t, 1), costs(t, 10)
	for what, c := range ten {
		t.Logf("%s: %d statements in %d round trips", what, len(c.statements), c.trips)
		if alone := one[what]; alone.exceeds(c) {
			t.Errorf("%s of one costs %v\nof ten it costs %v", what, alone, c)
		}
	}
	for _, n := range []int{100, 1000} {
		for what, c := range costs(t, n) {
			if few := ten[what]; c.exceeds(few) {
				t.Errorf("%s of %d costs %v\nof ten it costs %v", what, n, c, few)
			}
		}
	}
}

// A turn in a batch of a hundred, with an effect and a line, costs at most a fifth of a statement; to
// perform its effect, and to hear of that, costs no more.
func TestATurnCostsAFifthOfAStatement(t *testing.T) {
	t.Parallel()
	const batch = 100
	all := costs(t, batch)
	for _, calls := range [][]string{{"claim for turn 1", "turn 1"}, {"take", "settle"}, {"claim for turn 2", "turn 2"}} {
		var sum cost
		for _, call := range calls {
			sum.trips += all[call].trips
			sum.statements = append(sum.statements, all[call].statements...)
		}
		t.Logf("%v: %.2f statements a turn", calls, float64(len(sum.statements))/batch)
		if len(sum.statements) > batch/5 {
			t.Errorf("%v of %d cost %v", calls, batch, sum)
		}
	}
}

// A poll that finds nothing is two round trips.
func TestNothingDueCostsLittle(t *testing.T) {
	t.Parallel()
	c := &counter{}
	pool := tracedPool(t, pgtest.URL(t), c)
	h := hand{t, storeOn(t, pool, dropped(t, pool, postgres.Options{}))}
	for what, poll := range map[string]func(){"claim": func() { h.claim(9) }, "take": func() { h.take(9) }} {
		poll()
		c.since()
		poll()
		if trips, statements, _ := c.since(); trips > 2 || len(statements) > 4 {
			t.Errorf("to %s nothing costs %v", what, cost{trips, statements})
		}
	}
}
