package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

const (
	firstMessages = `WITH v (kind, id) AS (VALUES {rows})
SELECT ` + messageColumns + ` FROM v CROSS JOIN reeve_message AS m ON m.seq IN (
	SELECT o.seq FROM reeve_message AS o WHERE o.kind = v.kind AND o.id = v.id AND o.ended IS NULL ORDER BY o.seq LIMIT ? + 0)
ORDER BY m.seq`

	firstDueElements = `WITH v (kind, id) AS (VALUES {rows})
SELECT ` + elementColumns + ` FROM v CROSS JOIN reeve_element AS e ON e.kind = v.kind AND e.id = v.id AND e.name IN (
	SELECT d.name FROM reeve_element AS d
	WHERE d.kind = v.kind AND d.id = v.id AND d.due <= ? ORDER BY d.due, d.name LIMIT ? + 0)
ORDER BY e.due, e.name`

	namedElements = `WITH v (kind, id, name) AS (VALUES {rows})
SELECT ` + elementColumns + ` FROM v CROSS JOIN reeve_element AS e ON e.kind = v.kind AND e.id = v.id AND e.name = v.name`
)

// fill adds to snapshots what a turn needs: messages, and the elements that these name or that are due.
func (s *session) fill(ctx context.Context, out []storage.Snapshot, most int, at int64) error {
	var keys values
	byKey := map[storage.Key]*storage.Snapshot{}
	for i := range out {
		keys.row(out[i].Key.Kind, out[i].Key.ID)
		byKey[out[i].Key] = &out[i]
	}
	err := s.query(ctx, firstMessages, keys, func(rows *sql.Rows) error {
		m, err := scanMessage(rows)
		if err != nil {
			return err
		}
		if to := byKey[m.To]; len(to.Messages) < most {
			to.Messages = append(to.Messages, m)
		} else {
			to.More = true
		}
		return nil
	}, most+1)
	if err != nil {
		return err
	}
	err = s.query(ctx, firstDueElements, keys, func(rows *sql.Rows) error {
		k, e, err := scanElement(rows)
		if err != nil {
			return err
		}
		if of := byKey[k]; len(of.Elements) < most {
			of.Elements = append(of.Elements, e)
		} else {
			of.More = true
		}
		return nil
	}, at, most+1)
	if err != nil {
		return err
	}
	err = s.query(ctx, namedElements, missing(out), func(rows *sql.Rows) error {
		k, e, err := scanElement(rows)
		if err != nil {
			return err
		}
		byKey[k].Elements = append(byKey[k].Elements, e)
		return nil
	})
	for i := range out {
		slices.SortFunc(out[i].Elements, func(a, b storage.Element) int { return strings.Compare(a.Name, b.Name) })
	}
	return err
}

// missing returns the elements that messages of snapshots name and that the snapshots do not have.
func missing(snapshots []storage.Snapshot) values {
	var named values
	for i := range snapshots {
		s := &snapshots[i]
		have := map[string]bool{"": true}
		for _, e := range s.Elements {
			have[e.Name] = true
		}
		for _, m := range s.Messages {
			if !have[m.Element] {
				have[m.Element] = true
				named.row(s.Key.Kind, s.Key.ID, m.Element)
			}
		}
	}
	return named
}
