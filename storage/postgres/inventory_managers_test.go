package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A stockroom is what one manager has: boxes by their refs, each with a name and an item of the same ref in it.
type stockroom map[string]string

func randomStock() stockroom {
	s := stockroom{}
	for _, ref := range rand.Perm(6)[:rand.N(6)] {
		s[fmt.Sprint("b", ref)] = fmt.Sprint("name ", rand.N(3))
	}
	return s
}

// save is a whole refresh.
func (s stockroom) save(ctx context.Context, p *refresh.Persister[*shelves], manager string) (*refresh.Plan, error) {
	r, err := p.Open(ctx, manager, nil)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // it holds nothing
	r.Inventory.Boxes.Complete()
	r.Inventory.Items.Complete()
	for ref, name := range s {
		r.Inventory.Items.Build(item{Ref: ref, In: r.Inventory.Boxes.Build(box{Ref: ref, Name: name})})
	}
	return r.Save(ctx, 0)
}

// is demands that it is what the manager has.
func (s stockroom) is(t *testing.T, pool *pgxpool.Pool, manager string) {
	t.Helper()
	var want []string
	for ref, name := range s {
		want = append(want, ref+" in "+ref+", "+name)
	}
	slices.Sort(want)
	got := askPool[string](t, pool, `SELECT coalesce(string_agg(i.ref || ' in ' || b.ref || ', ' || b.name, '; ' ORDER BY i.ref), '')
		FROM (SELECT * FROM items WHERE manager = $1) AS i FULL JOIN (SELECT * FROM boxes WHERE manager = $1) AS b ON b.id = i.box_id`, manager)
	if got != strings.Join(want, "; ") {
		t.Errorf("manager %s has %s; want %s", manager, got, strings.Join(want, "; "))
	}
}

// Programs refresh several managers, whose rows are in the same tables, at the same time as somebody else writes there. Whoever
// was too often in the way is told so. What is saved is whole, and in the end everybody has what was said last.
func TestRefreshesOfManyManagers(t *testing.T) {
	t.Parallel()
	store, pool, name := shelvesOn(t)
	var programs []*refresh.Persister[*shelves]
	for _, in := range []*postgres.Store{store, openOn(t, poolOn(t, pool.Config().ConnString()), postgres.Options{Schema: name})} {
		p, err := refresh.NewPersister(func(b *refresh.Builder) *shelves {
			return &shelves{Boxes: refresh.Add[box](b, "boxes", nil), Items: refresh.Add[item](b, "items", nil)}
		}, in, nil)
		demand(t, "declare", err)
		programs = append(programs, p)
	}
	const managers = 4
	rounds := 40
	if testing.Short() {
		rounds = 8
	}
	var refreshing, writing sync.WaitGroup
	done := make(chan struct{})
	writing.Go(func() { getInTheWay(t, poolOn(t, pool.Config().ConnString()), managers, done) })
	for i := range managers {
		refreshing.Go(func() {
			manager, saves, p := fmt.Sprint("m", i), uint64(0), programs[i%len(programs)]
			for range rounds {
				_, err := randomStock().save(t.Context(), p, manager)
				if err == nil {
					saves++
				} else if !errors.Is(err, storage.ErrConflict) {
					t.Error(err)
				}
			}
			if n, err := store.Saves(t.Context(), manager); n != saves || err != nil {
				t.Errorf("there are %d saves of manager %s, %v; want %d", n, manager, err, saves)
			}
		})
	}
	refreshing.Wait()
	close(done)
	writing.Wait()
	for i := range managers {
		manager, last := fmt.Sprint("m", i), randomStock()
		for _, p := range programs {
			plan, err := last.save(t.Context(), p, manager)
			demand(t, "save", err)
			if p == programs[1] && !plan.Empty() {
				t.Errorf("manager %s has what is said, and the plan is not empty", manager)
			}
		}
		last.is(t, pool, manager)
	}
}

// getInTheWay creates, changes and removes boxes of any manager, two at a time, until it is done.
func getInTheWay(t *testing.T, pool *pgxpool.Pool, managers int, done <-chan struct{}) {
	t.Helper()
	for {
		select {
		case <-done:
			return
		default:
		}
		tx, err := pool.Begin(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		for range 2 {
			_, err = tx.Exec(t.Context(), []string{
				"INSERT INTO boxes (manager, ref, name) VALUES ($1, $2, 'theirs') ON CONFLICT DO NOTHING",
				"UPDATE boxes SET name = 'theirs' WHERE manager = $1 AND ref = $2",
				"WITH gone AS (DELETE FROM items WHERE manager = $1 AND ref = $2) DELETE FROM boxes WHERE manager = $1 AND ref = $2",
			}[rand.N(3)], fmt.Sprint("m", rand.N(managers)), fmt.Sprint("b", rand.N(6)))
			if err != nil { // a refresh was in the way
				break
			}
		}
		if err == nil {
			_ = tx.Commit(t.Context())
		}
		_ = tx.Rollback(t.Context())
	}
}
