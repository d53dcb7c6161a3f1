package postgres_test

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/refresh"
)

type (
	// A list is an array of texts, which it writes in other words than PostgreSQL.
	list []string
	// A listed is a row with such lists.
	listed struct {
		Ref  string `reeve:"ref,key"`
		Tags list   `reeve:"tags"`
		More *list  `reeve:"more"`
	}
)

// Value implements [driver.Valuer].
func (l list) Value() (driver.Value, error) {
	parts := make([]string, len(l))
	for i, text := range l {
		parts[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
	}
	return "{" + strings.Join(parts, ", ") + "}", nil
}

// Scan implements [sql.Scanner].
func (l *list) Scan(from any) error {
	return pgtype.NewMap().SQLScanner((*[]string)(l)).Scan(from)
}

// A row that says the same as the database in other words is not written.
func TestRefreshOfListsInOtherWords(t *testing.T) {
	t.Parallel()
	o, url, _ := home(t, poolOn(t, inNoHurry(pgtest.URL(t))), nil)
	pool := poolOn(t, url)
	must(t, pool, "CREATE TABLE lists (id bigserial PRIMARY KEY, manager text, ref text, tags text[], more text[], UNIQUE (manager, ref))", pgx.QueryExecModeSimpleProtocol)
	p, err := refresh.NewPersister(func(b *refresh.Builder) *refresh.Collection[listed] { return refresh.Add[listed](b, "lists", nil) }, openOn(t, pool, o), nil)
	demand(t, "declare", err)
	rapid.Check(t, func(rt *rapid.T) {
		texts := rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "NULL", `"\{},`, "ä b"}), 0, 3)
		row := listed{Ref: "a", Tags: texts.Draw(rt, "tags")}
		if more := list(texts.Draw(rt, "more")); len(more) > 0 {
			row.More = &more
		}
		for pass := range 2 {
			r, err := p.Open(t.Context(), "one", nil)
			demand(rt, "open", err)
			r.Inventory.Build(row)
			plan, err := r.Save(t.Context(), 0)
			demand(rt, "save", err)
			if pass == 1 && !plan.Empty() {
				rt.Fatalf("%v is written again", row)
			}
			demand(rt, "close", r.Close())
		}
		var tags []string
		demand(rt, "select", pool.QueryRow(t.Context(), "SELECT tags FROM lists").Scan(&tags))
		if fmt.Sprintf("%q", tags) != fmt.Sprintf("%q", row.Tags) {
			rt.Fatalf("the row has %q; want %q", tags, row.Tags)
		}
	})
}
