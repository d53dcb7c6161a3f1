package drivers

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// A machine is what the host keeps in a table of its own.
type machine struct {
	Cores int    `json:"cores"`
	Owner string `json:"owner"`
}

const machines = `CREATE TABLE IF NOT EXISTS machines (
	name TEXT PRIMARY KEY, power TEXT NOT NULL, cores INTEGER NOT NULL CHECK (cores < 100000), owner TEXT NOT NULL)`

var machineTable = sqlite.Table{
	Save: func(ctx context.Context, tx sqlite.Tx, r storage.Record) error {
		var m machine
		if err := json.Unmarshal(r.Data, &m); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO machines (name, power, cores, owner) VALUES (?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET power = excluded.power, cores = excluded.cores, owner = excluded.owner`,
			r.Key.ID, r.State, m.Cores, m.Owner)
		return err
	},
	Delete: func(ctx context.Context, tx sqlite.Tx, id string) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM machines WHERE name = ?`, id)
		return err
	},
	Load: func(ctx context.Context, tx sqlite.Tx, ids []string) (map[string][]byte, error) {
		args := make([]any, len(ids))
		for i, id := range ids {
			args[i] = id
		}
		rows, err := tx.QueryContext(ctx, `SELECT name, cores, owner FROM machines WHERE name IN (?`+
			strings.Repeat(", ?", len(ids)-1)+`)`, args...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		found := map[string][]byte{}
		for rows.Next() {
			var name string
			var m machine
			if err := rows.Scan(&name, &m.Cores, &m.Owner); err != nil {
				return nil, err
			}
			if found[name], err = json.Marshal(m); err != nil {
				return nil, err
			}
		}
		return found, rows.Err()
	},
}

func machineData(i int) []byte {
	data, err := json.Marshal(machine{Cores: i, Owner: "team"})
	if err != nil {
		panic(err)
	}
	return data
}

// The host's table has the data, and everything holds as it does without. The statements are the host's and those of
// TestFile, so one driver shows it.
func TestTables(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, storagetest.Harness{
		Virtual: true, Kind: "machine", States: []string{"off", "booting", "on"}, Data: machineData,
		New: func(t testing.TB) storagetest.Backend {
			path := newPath(t, "")
			db := open(t, modernc, dsnOf(path))
			if _, err := db.ExecContext(t.Context(), machines); err != nil {
				t.Fatal(err)
			}
			o := sqlite.Options{Tables: map[string]sqlite.Table{"machine": machineTable}}
			return storagetest.Backend{
				Store: storeOn(t, db, o),
				Open:  func(t testing.TB) storage.Store { return storeOn(t, open(t, modernc, dsnOf(path)), o) },
				Begin: begin(db),
			}
		},
	})
}
