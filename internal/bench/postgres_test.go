package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
	"github.com/reeve-go/reeve/supervision"
)

// A bench is what a row would have.
func newBench(t *testing.T) (*setup, *server) {
	t.Helper()
	s := &setup{dir: t.TempDir(), quick: true}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	pg := &server{url: pgtest.URL(t)}
	var err error
	if pg.admin, err = pg.connect(t.Context(), s, 0, nil); err != nil {
		t.Fatal(err)
	}
	return s, pg
}

// storesOf opens two stores and creates n nodes in each.
func storesOf(t *testing.T, s *setup, pg *server, n int) (ours, hand *postgres.Store, schemas [2]string) {
	t.Helper()
	stores := [2]*postgres.Store{}
	for i := range stores {
		schemas[i] = pgtest.Schema(t)
		var err error
		if stores[i], err = pg.openStore(t.Context(), s, schemas[i], nil); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if _, err := pg.admin.Exec(context.WithoutCancel(t.Context()), "DROP SCHEMA "+schemas[i]+" CASCADE"); err != nil {
				t.Error(err)
			}
		})
		if _, err := createNodes(t.Context(), stores[i], home, n); err != nil {
			t.Fatal(err)
		}
	}
	return stores[0], stores[1], schemas
}

// Rows that differ cannot be compared: what is made by hand is what the library makes, but for times and
// made-up ids.
func TestHandLeavesTheSameRows(t *testing.T) {
	t.Parallel()
	const n = 30
	s, pg := newBench(t)
	ours, byHand, schemas := storesOf(t, s, pg, n)
	for _, store := range []*postgres.Store{ours, byHand} {
		tell, err := telling(t.Context(), store, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(tell(), deliver(t.Context(), store, pings(1, idsOf(n)))); err != nil {
			t.Fatal(err)
		}
	}
	h, err := pg.openHand(t.Context(), s, schemas[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := supervised(t.Context(), ours, finishPowered, 20, n); err != nil {
		t.Fatal(err)
	}
	if err := h.turns(t.Context(), 20, n); err != nil {
		t.Fatal(err)
	}
	compareSchemas(t, pg, schemas)
}

func TestHandFiresTheSame(t *testing.T) {
	t.Parallel()
	s, pg := newBench(t)
	ours, _, schemas := storesOf(t, s, pg, nodeCount)
	nodes, err := supervision.NewKind[inspection](nodeKind, introspection(), ours, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := pg.openFireHand(t.Context(), s, schemas[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, fire := range []func(context.Context, string) error{fireOne(nodes), h.fire} {
		if err := atOnce(t.Context(), 2*clients, fire); err != nil {
			t.Fatal(err)
		}
	}
	compareSchemas(t, pg, schemas)
}

func idsOf(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = nodeID(home, i)
	}
	return ids
}

// compareSchemas compares what is in the tables.
func compareSchemas(t *testing.T, pg *server, schemas [2]string) {
	t.Helper()
	for _, query := range []string{
		`SELECT concat_ws('|', id, version, token, fence, owner, lease_until IS NULL, due IS NULL, until IS NULL, state, final, status, failures,
			length(convert_from(data, 'UTF8')::jsonb ->> 'finished_at') > 20) FROM reeve.record ORDER BY 1`,
		`SELECT concat_ws('|', id, version, n, element, from_state, event, to_state, cause, operation) FROM reeve.line ORDER BY 1`,
		`SELECT concat_ws('|', id, name, element, operation, status, attempt, behind, due IS NULL, convert_from(body, 'UTF8')) FROM reeve.effect ORDER BY 1`,
		`SELECT concat_ws('|', id, message_id, status, reason, ended IS NULL) FROM reeve.message ORDER BY 1`,
	} {
		var got [2][]string
		for i, schema := range schemas {
			rows, err := pg.admin.Query(t.Context(), strings.ReplaceAll(query, "reeve.", schema+"."))
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for rows.Next() {
				var text string
				if err := rows.Scan(&text); err != nil {
					t.Fatal(err)
				}
				got[i] = append(got[i], text)
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
		}
		for i := range got[0] {
			if i >= len(got[1]) || got[0][i] != got[1][i] {
				t.Errorf("ours: %s\nby hand: %v", got[0][i], got[1][min(i, len(got[1])-1):][:1])
				break
			}
		}
		if len(got[0]) != len(got[1]) {
			t.Errorf("%d rows of ours, %d by hand", len(got[0]), len(got[1]))
		}
	}
}

// A tap hears everything that a store sends, with what it sends.
func TestTap(t *testing.T) {
	t.Parallel()
	s, pg := newBench(t)
	_, _, schemas := storesOf(t, s, pg, 3)
	var all tap
	store, err := pg.openStore(t.Context(), s, schemas[0], &all)
	if err != nil {
		t.Fatal(err)
	}
	all.take()
	if _, err := store.Claim(t.Context(), storage.Claim{Names: []string{"named"}, Owner: "bench", Limit: 7, TTL: time.Minute}); err != nil {
		t.Fatal(err)
	}
	sent := all.take()
	named := func(one statement) bool {
		return slices.ContainsFunc(one.args, func(arg any) bool { kinds, ok := arg.([]string); return ok && slices.Contains(kinds, "named") })
	}
	if !slices.ContainsFunc(sent, named) {
		t.Errorf("of %d statements none asks for the kind", len(sent))
	}
	if again := all.take(); len(again) > 0 {
		t.Errorf("%d statements were taken twice", len(again))
	}
	if pages, err := pg.pagesOf(t.Context(), sent); err != nil || pages < 1 || pages > 10 {
		t.Errorf("a claim of nothing looks at %d pages: %v", pages, err)
	}
}

// A job of River counts when it is done and written.
func TestRiverWorks(t *testing.T) {
	t.Parallel()
	s, pg := newBench(t)
	q, err := pg.openRiver(t.Context(), s, pgtest.Schema(t), riverBest)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.insert(t.Context(), 1200); err != nil {
		t.Fatal(err)
	}
	if err := q.work(t.Context(), 1200); err != nil {
		t.Fatal(err)
	}
	var completed int
	if err := pg.admin.QueryRow(t.Context(), "SELECT count(*) FROM "+q.client.Schema()+".river_job WHERE state = 'completed'").Scan(&completed); err != nil || completed != 1200 {
		t.Errorf("%d of 1200 jobs are completed: %v", completed, err)
	}
}

// A row that cannot be measured here says why, and is no failure.
func TestSkippedRow(t *testing.T) {
	t.Parallel()
	missing := row{name: "missing", meter: wall, prepare: func(context.Context, *setup) (sides, error) {
		return sides{}, skipped("nothing is installed")
	}}
	status, stdout, stderr := runAll(t, []row{missing}, "-json", "-check")
	if status != 0 || stdout != "" || !strings.Contains(stderr, "missing is skipped: nothing is installed") {
		t.Errorf("status %d, printed %q and %q", status, stdout, stderr)
	}
}

func TestAtMostAndAsPeer(t *testing.T) {
	t.Parallel()
	g := atMostAndAsPeer(10)
	for f, want := range map[figures]bool{{ours: 10, peer: 10}: true, {ours: 11, peer: 11}: false, {ours: 2, peer: 3}: false} {
		if g.kept(f) != want {
			t.Errorf("%v beside %v: %t", f.ours, f.peer, !want)
		}
	}
}
