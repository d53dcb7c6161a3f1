package postgres

import (
	"cmp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// A held record is locked by the transaction, so that what is known of it stays true until the end.
type held struct {
	version uint64 // zero: there is no such record
	token   storage.Token
	state   string
	final   bool
	ends    uint64 // the version that the history of a record that is to be created ends with
	changed bool   // by the batch
}

var keyRow = columnsOf("kind text, id text")

// ofKey finds what belongs to a record v, and the record itself.
const ofKey = `t.kind = v.kind AND t.id = v.id`

// Whoever writes locks the records concerned first, and all lock them in the order of their keys. What
// they have, from messages to lanes, is changed under that lock alone.
var lockRecords = `SELECT r.kind, r.id, r.version, r.token, r.state, r.final FROM ` + keyRow.as("v", 1) + `
CROSS JOIN LATERAL (SELECT * FROM reeve.record AS t WHERE ` + ofKey + ` OFFSET 0 FOR NO KEY UPDATE) AS r`

// The version that a history ends with: that of a deletion is above all tokens of the record, see
// storage.Change.Delete.
var historyEnds = `SELECT v.kind, v.id, (
	SELECT l.version FROM reeve.line AS l WHERE l.kind = v.kind AND l.id = v.id ORDER BY l.version DESC LIMIT 1)
FROM ` + keyRow.as("v", 1)

// lockRecords locks records, and returns what is known of them once it was sent. For those that are
// created it finds out where their history ends.
func (s *session) lockRecords(keys, created []storage.Key) map[storage.Key]*held {
	known := make(map[storage.Key]*held, len(keys))
	for _, k := range keys {
		known[k] = &held{}
	}
	s.each(lockRecords, keyRows(keys), scanHeld(known))
	s.each(historyEnds, keyRows(created), func(rows pgx.Rows) error {
		var k storage.Key
		var ends *uint64
		err := rows.Scan(&k.Kind, &k.ID, &ends)
		if ends != nil {
			known[k].ends = *ends
		}
		return err
	})
	return known
}

// scanHeld returns a scan that notes what is known of records.
func scanHeld(known map[storage.Key]*held) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var k storage.Key
		h := &held{}
		err := rows.Scan(&k.Kind, &k.ID, &h.version, (*uint64)(&h.token), &h.state, &h.final)
		known[k] = h
		return err
	}
}

// keyRows returns keys as rows, each once and in their order.
func keyRows(keys []storage.Key) *rows {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, compareKeys)
	r := keyRow.rows(len(keys))
	for _, k := range slices.Compact(keys) {
		r.add(k.Kind, k.ID)
	}
	return r
}

func compareKeys(a, b storage.Key) int {
	return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
}
