package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// A Table keeps the data of a kind's records in a table of the host's, under the same ids, so that
// other programs find it where it always was. The store keeps everything else, also a copy of the
// state to find records by. All functions are required. They get the transaction that the store is
// in, must use nothing else, and can be called at the same time.
type Table struct {
	// Save writes the row of a record, new or over the old one, with its State and its Data. An error
	// undoes the change and is the answer to it.
	Save func(ctx context.Context, tx pgx.Tx, r storage.Record) error
	// Delete removes the row of a record that was deleted. An error undoes that.
	Delete func(ctx context.Context, tx pgx.Tx, id string) error
	// Load returns the data of the records with these ids, at most a hundred, as Save got it.
	Load func(ctx context.Context, tx pgx.Tx, ids []string) (map[string][]byte, error)
}

const mostIDs = 100

func (t Table) check(kind string) error {
	if t.Save == nil || t.Delete == nil || t.Load == nil {
		return fmt.Errorf("postgres: the table of kind %q lacks Save, Delete or Load; all three are needed", kind)
	}
	return nil
}

// tables are the host's own, by kind.
type tables map[string]Table

// has reports whether a kind's data is in a table of the host's.
func (t tables) has(kind string) bool {
	_, ok := t[kind]
	return ok
}

// saveRow takes the record of a step over into the host's table, if it has one.
func (s *session) saveRow(ctx context.Context, c *step) error {
	table, ok := s.tables[c.Key.Kind]
	if !ok {
		return nil
	}
	if c.Delete {
		return table.Delete(ctx, s.tx, c.Key.ID)
	}
	r := c.Record
	r.Key, r.Version, r.Since = c.Key, c.version, sinceOf(&c.Record, s.now)
	return table.Save(ctx, s.tx, r)
}

// loadRows fills in the data that is in the host's tables.
func (s *session) loadRows(ctx context.Context, records []*storage.Record) error {
	if len(s.tables) == 0 {
		return nil
	}
	byKind := map[string][]*storage.Record{}
	for _, r := range records {
		if s.tables.has(r.Key.Kind) {
			byKind[r.Key.Kind] = append(byKind[r.Key.Kind], r)
		}
	}
	for kind, all := range byKind {
		for some := range slices.Chunk(all, mostIDs) {
			if err := s.loadSome(ctx, kind, some); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *session) loadSome(ctx context.Context, kind string, records []*storage.Record) error {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.Key.ID
	}
	found, err := s.tables[kind].Load(ctx, s.tx, ids)
	if err != nil {
		return fmt.Errorf("the table of kind %q: %w", kind, err)
	}
	for _, r := range records {
		data, ok := found[r.Key.ID]
		if !ok {
			return fmt.Errorf("the table of kind %q has no row of %q; rows of records that exist must stay", kind, r.Key.ID)
		}
		if len(data) > 0 {
			r.Data = data
		}
	}
	return nil
}
