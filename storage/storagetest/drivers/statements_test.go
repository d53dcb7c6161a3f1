package drivers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// spiedStore returns a store whose statements are noted. What is prepared is run as such from the
// second time on, so a test does first what it measures.
func spiedStore(t *testing.T) (*sqlite.Store, *sql.DB, *spy) {
	t.Helper()
	db, spy := spyOn(t, modernc, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
	return storeOn(t, db, sqlite.Options{}), db, spy
}

func TestAnOrderIsTwoStatements(t *testing.T) {
	t.Parallel()
	store, _, spy := spiedStore(t)
	key := storage.Key{Kind: "node", ID: "a"}
	order := storage.Change{Key: key, Record: storage.Record{State: "on"}, Lines: []storage.Line{{To: "on"}}}
	apply(t, store, order)
	spy.ran()
	order.Version = load(t, store, key).Version
	if ran := spy.ran(); len(ran) != 1 {
		t.Errorf("a load ran %d statements, want one:\n%s", len(ran), strings.Join(ran, "\n\n"))
	}
	apply(t, store, order)
	ran := spy.ran()
	verbs := make([]string, len(ran))
	for i, query := range ran {
		verbs[i] = regexp.MustCompile(`\b(UPDATE|INSERT|SELECT|DELETE)\b`).FindString(query)
	}
	// The first takes the write lock.
	if want := []string{"UPDATE", "UPDATE", "INSERT"}; !slices.Equal(verbs, want) {
		t.Errorf("an order ran %q, want %q:\n%s", verbs, want, strings.Join(ran, "\n\n"))
	}
}

func TestNothingDueIsNoWrite(t *testing.T) {
	t.Parallel()
	store, _, spy := spiedStore(t)
	spy.ran()
	c := storage.Claim{Names: []string{"node", "disk"}, Owner: "test", Limit: 9, TTL: time.Minute}
	if _, err := store.Claim(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Take(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	ran := spy.ran()
	if len(ran) != 2 || slices.ContainsFunc(ran, func(q string) bool { return strings.Contains(q, "UPDATE") }) {
		t.Errorf("a claim and a take of nothing ran %d statements, want two that read:\n%s", len(ran), strings.Join(ran, "\n\n"))
	}
}

// hearHints listens, so that the store looks for what it has to hint at.
func hearHints(t *testing.T, store *sqlite.Store) {
	t.Helper()
	var heard atomic.Bool
	go func() { _ = store.Listen(t.Context(), func(storage.Hint) { heard.Store(true) }) }()
	for i := 0; !heard.Load(); i++ {
		key := storage.Key{Kind: "heard", ID: strconv.Itoa(i)}
		apply(t, store, storage.Change{Key: key, Record: storage.Record{State: "on", Due: time.Now()}})
	}
}

// A life is everything that can happen to n records in batches.
type life struct {
	t     *testing.T
	store *sqlite.Store
	n     int
	step  func(what string)
}

func (l life) all(what string, change func(i int) storage.Change) {
	l.t.Helper()
	changes := make([]storage.Change, l.n)
	for i := range changes {
		changes[i] = change(i)
	}
	apply(l.t, l.store, changes...)
	l.step(what)
}

func (l life) key(i int) storage.Key {
	return storage.Key{Kind: "node", ID: fmt.Sprintf("n%d-%05d", l.n, i)}
}

func (l life) must(what string, answers []error, err error) {
	l.t.Helper()
	if err = errors.Join(append(answers, err)...); err != nil {
		l.t.Fatalf("%s: %v", what, err)
	}
	l.step(what)
}

func (l life) live(ctx context.Context) {
	due := time.Now().Add(-time.Hour)
	lines := []storage.Line{{To: "on", Cause: "test"}}
	l.all("create", func(i int) storage.Change {
		return storage.Change{
			Key: l.key(i), Record: storage.Record{State: "on", Due: due}, Lines: lines,
			Elements: []storage.Element{{Name: "x", State: "up", Due: due}, {Name: "y", State: "up"}},
			Emit: []storage.Effect{
				{ID: l.key(i).ID + "/1", Key: "1", Name: "do", Lane: "l"}, {ID: l.key(i).ID + "/2", Key: "2", Name: "do", Lane: "l"},
			},
		}
	})
	var messages []storage.Message
	for i := range l.n {
		messages = append(messages, storage.Message{ID: "m", To: l.key(i), Name: "news", Slot: "s", Element: "y"})
	}
	answers, err := l.store.Deliver(ctx, messages)
	l.must("deliver", answers, err)

	claimed, err := l.store.Claim(ctx, storage.Claim{Names: []string{"node"}, Owner: "test", Limit: l.n, TTL: time.Minute})
	l.must("claim", nil, err)
	if len(claimed) != l.n || len(claimed[0].Messages) != 1 || len(claimed[0].Elements) != 2 {
		l.t.Fatalf("claimed %d records, the first with %d messages and %d elements; want %d, 1 and 2",
			len(claimed), len(claimed[0].Messages), len(claimed[0].Elements), l.n)
	}
	var leases []storage.Lease
	for _, s := range claimed {
		leases = append(leases, s.Lease)
	}
	answers, err = l.store.Extend(ctx, leases)
	l.must("extend", answers, err)
	l.all("turn", func(i int) storage.Change {
		s := claimed[i]
		return storage.Change{
			Key: s.Key, Version: s.Version, Token: s.Lease.Token, Record: storage.Record{State: "on", Due: due}, Lines: lines,
			Elements: []storage.Element{{Name: "x", State: "down"}}, Gone: []string{"y"},
			Consume: []storage.Consumption{{Seq: s.Messages[0].Seq, As: storage.MessageConsumed}},
			Send:    []storage.Message{{ID: "from " + s.Key.ID, To: storage.Key{Kind: "pool", ID: "p"}, Name: "ask"}},
			Spawn:   []storage.Spawn{{Record: storage.Record{Key: storage.Key{Kind: "disk", ID: s.Key.ID}, State: "new"}, Lines: lines}},
		}
	})
	claimed, err = l.store.Claim(ctx, storage.Claim{Names: []string{"node"}, Owner: "test", Limit: l.n, TTL: time.Minute})
	l.must("claim again", nil, err)
	leases = nil
	for _, s := range claimed {
		leases = append(leases, s.Lease)
	}
	l.must("release", nil, l.store.Release(ctx, leases, 0))

	taken, err := l.store.Take(ctx, storage.Claim{Names: []string{"do"}, Owner: "test", Limit: l.n, TTL: time.Minute})
	l.must("take", nil, err)
	if len(taken) != l.n {
		l.t.Fatalf("took %d effects, want %d", len(taken), l.n)
	}
	var settlements []storage.Settlement
	for _, e := range taken {
		settlements = append(settlements, storage.Settlement{
			Lease: e.Lease, As: storage.EffectDone, Outcome: &storage.Message{ID: "outcome", Name: "done"},
		})
	}
	answers, err = l.store.Settle(ctx, settlements)
	l.must("settle", answers, err)
	l.all("cancel and finish", func(i int) storage.Change {
		return storage.Change{
			Key: l.key(i), Version: 2, Record: storage.Record{State: "off", Final: true}, Lines: lines, Cancel: []storage.Cancel{{}},
		}
	})
	l.all("delete", func(i int) storage.Change { return storage.Change{Key: l.key(i), Version: 3, Delete: true} })
	for {
		n, err := l.store.Prune(ctx, storage.Retention{Messages: 1, Effects: 1, Dead: 1, Lines: 1}, 1000)
		l.must("prune", nil, err)
		if n < 1000 {
			break
		}
	}
}

func TestABatchCostsAsMuchAsOne(t *testing.T) {
	t.Parallel()
	store, _, spy := spiedStore(t)
	hearHints(t, store)
	count := func(n int) map[string]int {
		counts := map[string]int{}
		spy.ran()
		life{t, store, n, func(what string) { counts[what] += len(spy.ran()) }}.live(t.Context())
		return counts
	}
	count(1) // statements are noted twice before they are prepared
	one, piece, ten := count(1), count(64), count(640)
	for what, n := range one {
		// Twice as many rows of a sort as records make two pieces.
		if piece[what] > 2*n {
			t.Errorf("%s: %d statements for 64 records, %d for one", what, piece[what], n)
		}
		if ten[what] > 10*piece[what] {
			t.Errorf("%s: %d statements for 640 records, %d for 64", what, ten[what], piece[what])
		}
	}
}

// The newest line of a record stays for ever, and must not be looked at for ever.
func TestPruneLooksOnceAtWhatStays(t *testing.T) {
	t.Parallel()
	store, db, spy := spiedStore(t)
	for _, batch := range []string{"a", "b", "c"} {
		apply(t, store, batchOf(500, batch)...)
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE reeve_line SET at = 1`); err != nil {
		t.Fatal(err)
	}
	prune := func(want int) (statements int) {
		t.Helper()
		spy.ran()
		n, err := store.Prune(t.Context(), storage.Retention{Lines: time.Hour}, 100)
		if err != nil || n != want {
			t.Errorf("prune removed %d lines, %v; want %d", n, err, want)
		}
		return len(spy.ran())
	}
	if first, second := prune(0), prune(0); second > 3 || first <= 3 {
		t.Errorf("the first prune ran %d statements and the second %d; want many and 3", first, second)
	}
	// A line that is not the newest any more can go.
	key := storage.Key{Kind: "node", ID: "a0"}
	apply(t, store, storage.Change{Key: key, Version: 1, Record: storage.Record{State: "old"}, Lines: []storage.Line{{To: "old"}}})
	prune(1)
	if n := drain(t, store.History(t.Context(), key, 0)); n != 1 {
		t.Errorf("%d lines are left, want the newest", n)
	}
}

var parameter = regexp.MustCompile(`\?\d*`)

// No statement looks at a table from end to end, whatever it holds.
func TestStatementsUseIndexes(t *testing.T) {
	t.Parallel()
	store, db, spy := spiedStore(t)
	hearHints(t, store)
	life{t, store, 5, func(string) {}}.live(t.Context())
	readEverything(t, store)
	seen := map[string]bool{}
	for _, query := range spy.ran() {
		if seen[query] || !strings.Contains(query, "reeve_") || strings.Contains(query, "CREATE") ||
			strings.Contains(query, "reeve_schema") {
			continue
		}
		seen[query] = true
		rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+parameter.ReplaceAllString(query, "1"))
		if err != nil {
			t.Fatalf("%v\n%s", err, query)
		}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			if regexp.MustCompile(`^SCAN [a-z]`).MatchString(detail) && !regexp.MustCompile(`^SCAN v\b`).MatchString(detail) {
				t.Errorf("%s, in\n%s", detail, query)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d different statements were run; the test sees too few", len(seen))
	}
}

func readEverything(t *testing.T, store *sqlite.Store) {
	t.Helper()
	ctx, key := t.Context(), storage.Key{Kind: "node", ID: "a"}
	drain(t, store.List(ctx, storage.Query{Kind: "node", States: []string{"on"}, Group: "g"}))
	drain(t, store.Elements(ctx, key, storage.ElementQuery{Names: []string{"x"}, Groups: []int{1}}))
	drain(t, store.Messages(ctx, storage.MessageQuery{To: key}))
	drain(t, store.Effects(ctx, storage.EffectQuery{From: key}))
	drain(t, store.History(ctx, key, 0))
	if _, err := store.Count(ctx, "node"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.RedriveEffects(ctx, []string{"none"}, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := store.RedriveMessages(ctx, []uint64{1}); err != nil {
		t.Fatal(err)
	}
}

func drain[T any](t *testing.T, all func(func(T, error) bool)) (n int) {
	t.Helper()
	for _, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}
