package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

// What somebody else has written, and a refresh would not, is written over, or where no value stands for it an error that
// says where it is.
func TestRefreshOfForeignValues(t *testing.T) {
	t.Parallel()
	o, url, _ := home(t, poolOn(t, inNoHurry(pgtest.URL(t))), nil)
	pool := poolOn(t, url)
	store := openOn(t, pool, o)
	for i, c := range []struct{ declared, value, says string }{
		{"timestamptz", "infinity", `"infinity": no time is infinite`},
		{"timestamp", "-infinity", `"-infinity": no time is infinite`},
		{"date", "infinity", `"infinity": no time is infinite`},
		{"numeric", "NaN", `"NaN" is not a decimal`},
		{"date", "10000-01-01", ""},
		{"timestamptz", "0044-03-15 BC", ""},
		{"double precision", "NaN", ""},
		{"real", "NaN", ""},
	} {
		t.Run(c.declared+" "+c.value, func(t *testing.T) {
			t.Parallel()
			table := fmt.Sprint("t", i)
			must(t, pool, fmt.Sprintf(`CREATE TABLE %s (id bigserial PRIMARY KEY, manager text, ref text, v %s, after_id bigint REFERENCES %[1]s, UNIQUE (manager, ref));
				INSERT INTO %[1]s (manager, ref, v) VALUES ('one', 'a', '%[3]s')`, table, c.declared, c.value), pgx.QueryExecModeSimpleProtocol)
			p, err := refresh.NewPersister(func(b *refresh.Builder) anythings {
				return refresh.Add[anything](b, "anythings", &refresh.CollectionOptions{Table: table})
			}, store, nil)
			demand(t, "declare", err)
			r, err := p.Open(t.Context(), "one", nil)
			demand(t, "open", err)
			defer r.Close() //nolint:errcheck // it holds nothing
			r.Inventory.Build(anything{Ref: "a", V: cell(storage.Value{})})
			_, err = r.Save(t.Context(), 0)
			if c.says != "" {
				if !errors.Is(err, storage.ErrInvalid) || !strings.Contains(err.Error(), fmt.Sprintf("in the row with id 1: invalid: table %q, column \"v\"", table)) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("the refresh answers %v; want storage.ErrInvalid, where it is, and %q", err, c.says)
				}
				return
			}
			demand(t, "save", err)
			if !askPool[bool](t, pool, "SELECT v IS NULL FROM "+table) {
				t.Error("it is still there")
			}
		})
	}
}
