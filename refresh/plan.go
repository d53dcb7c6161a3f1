package refresh

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// A Plan is what a refresh changes. It is made by [Refresh.Plan] and made true by [Persister.Apply], in the same
// program or in another one. Its changes are in memory, or in a temporary file if they are many, until Close.
type Plan struct {
	// Manager is whose inventory it is about.
	Manager string
	// Since is the number of the last save that was over when the refresh began.
	Since uint64
	// Targeted: it is not about everything that the manager has, but about the rows that targets name.
	Targeted bool
	// Collections are in the order in which they are written.
	Collections []*CollectionPlan

	refused    []Refusal
	duplicates []Duplicate
	rings      []Ring
	unresolved []Unresolved
	needed     []Needed
	changes    [kinds]spool
	in         *contents // what was said; nil: it was not made of that
	scratch    []byte
}

// A CollectionPlan counts what a plan does to a collection.
type CollectionPlan struct {
	Name  string `json:"name"`
	Table string `json:"table"`
	ID    string `json:"id"`
	// Hash is the column of [CollectionOptions.Hash], to which the ids of rows that the plan creates are added when it is written.
	Hash string `json:"hash,omitempty"`
	// Rows is how many were brought.
	Rows int `json:"rows"`
	// Inserts, Updates, Deletes and Archives are how many rows are written, and how.
	Inserts  int `json:"inserts"`
	Updates  int `json:"updates"`
	Deletes  int `json:"deletes"`
	Archives int `json:"archives"`
	// Unchanged are rows that are as they should be.
	Unchanged int `json:"unchanged"`
	// Missing are rows that are not in the database and are not created: by the collection's mode, or because nothing is
	// known of them but that they exist.
	Missing int `json:"missing,omitempty"`
	// Stale are rows of which the database has a newer version, of the whole or of a column, that stays.
	Stale int `json:"stale,omitempty"`
	// Revived are those of the updated rows that were archived.
	Revived int `json:"revived,omitempty"`
	// Kept are rows that were not brought and stay: by the collection's mode, because it is incomplete, or because others
	// cannot be without them, see [Plan.Needed].
	Kept int `json:"kept,omitempty"`
	// Newer are rows that stay as they are because a refresh that was begun later has saved them.
	Newer int `json:"newer,omitempty"`
	// Stored is how many rows the database has of those that the refresh is about, archived ones aside, and
	// Removable how many of them may be removed, see [Guard].
	Stored    int `json:"stored"`
	Removable int `json:"removable"`
	// Refused and Duplicates are how many rows are not written because of what the parser said, and how many
	// had the key of another or, in an index, the same values; Unresolved is how many references are to rows that are not
	// there, Rings how many there are of [Ring], and Needed how many rows stay because others cannot be without them. The plan
	// lists the first thousand of each.
	Refused    int `json:"refused,omitempty"`
	Duplicates int `json:"duplicates,omitempty"`
	Unresolved int `json:"unresolved,omitempty"`
	Rings      int `json:"rings,omitempty"`
	Needed     int `json:"needed,omitempty"`
	// Columns are those that are written, by number; Keys how many of them, from the first on, are the key.
	Columns []string `json:"columns"`
	Keys    int      `json:"keys"`
	// Points are the columns that point at rows.
	Points []PointingColumn `json:"points,omitempty"`
	// Incomplete says why rows that were not brought stay; empty: they do not.
	Incomplete string `json:"incomplete,omitempty"`

	parts   [kinds]part // of the plan's changes
	numbers map[string]int
	lately  []int // the columns of the change before, by number
	created created
	said    *said // nil: of the rows that it creates, the plan itself has all that was said
}

// A PointingColumn is a column that points at rows of collections.
type PointingColumn struct {
	Column string `json:"column"`
	// Bound: it cannot be null.
	Bound bool `json:"bound,omitempty"`
	// TypeIn is the column that says of which collection the row is. Empty: there is none.
	TypeIn string `json:"type_in,omitempty"`
	// To are the collections, with what TypeIn says for each.
	To map[string]string `json:"to"`
}

func newPlan(manager string, since uint64, memory int) *Plan {
	p := &Plan{Manager: manager, Since: since}
	for i := range p.changes {
		p.changes[i].limit = memory
	}
	return p
}

// Unresolved returns the references to rows that are not there, of each collection the first thousand: however bad an
// answer is, what a plan says of it stays small. [CollectionPlan] has how many there are, and so it is with Refused,
// Duplicates, Rings and Needed.
func (p *Plan) Unresolved() []Unresolved { return p.unresolved }

// Refused returns the rows that are not written because of what the parser said.
func (p *Plan) Refused() []Refusal { return p.refused }

// Duplicates returns the rows that had the key of another and other data.
func (p *Plan) Duplicates() []Duplicate { return p.duplicates }

// Rings returns the rows that point at each other in a circle, by a column that points at rows of their own
// collection.
func (p *Plan) Rings() []Ring { return p.rings }

// Needed returns the rows that were not brought and stay because others cannot be without them.
func (p *Plan) Needed() []Needed { return p.needed }

// Empty reports whether there is nothing to write.
func (p *Plan) Empty() bool {
	return !slices.ContainsFunc(p.Collections, func(c *CollectionPlan) bool {
		return c.changes() > 0
	})
}

func (n *CollectionPlan) changes() int { return n.Inserts + n.Updates + n.Deletes + n.Archives }

// forgetCreated forgets the ids of rows that were not created after all.
func (p *Plan) forgetCreated() {
	for _, of := range p.Collections {
		of.created = created{}
	}
}

// Changes yields what is done to each row: what is updated, deleted or archived, then what is created, each by
// collection. The sequence ends with the first error.
func (p *Plan) Changes() iter.Seq2[*Change, error] {
	return func(yield func(*Change, error) bool) {
		for _, kind := range []ChangeKind{Update, Archive, Delete, Insert} {
			for n, of := range p.Collections {
				for c, err := range p.changesOf(kind, n) {
					if err == nil {
						c = c.clone()
						p.identify(c)
						c.Key = of.readable(c)
					}
					if !yield(c, err) || err != nil {
						return
					}
				}
			}
		}
	}
}

// WriteTo writes the plan for people: a line for each change, and one for each collection.
func (p *Plan) WriteTo(w io.Writer) (n int64, err error) {
	print := func(format string, args ...any) {
		if err == nil {
			var some int
			some, err = fmt.Fprintf(w, format, args...)
			n += int64(some)
		}
	}
	for c, broken := range p.Changes() {
		if broken != nil {
			return n, broken
		}
		print("%s\n", c)
	}
	for _, u := range p.unresolved {
		print("unresolved %s.%s → %s\n", u.Collection, u.Column, u.To)
	}
	for _, r := range p.refused {
		print("refused %s %s: %s\n", r.Collection, r.Key, r.Reason)
	}
	for _, n := range p.needed {
		print("needed %s %s: %s %s points at it by %s\n", n.Collection, n.Key, n.By, n.ByKey, n.Column)
	}
	for _, r := range p.rings {
		print("ring %s.%s: %s\n", r.Collection, r.Column, &r)
	}
	for _, c := range p.Collections {
		c.more(print)
		print("%s: %s\n", c.Name, c)
	}
	return n, err
}

// String returns the counts that are not zero.
func (n *CollectionPlan) String() string {
	var parts []string
	for _, count := range []struct {
		n    int
		what string
	}{
		{n.Inserts, "created"},
		{n.Updates, "updated"},
		{n.Deletes, "deleted"},
		{n.Archives, "archived"},
		{n.Unchanged, "unchanged"},
		{n.Missing, "missing"},
		{n.Stale, "stale"},
		{n.Revived, "revived"},
		{n.Kept, "kept"},
		{n.Newer, "newer"},
		{n.Refused, "refused"},
		{n.Duplicates, "duplicates"},
	} {
		if count.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count.n, count.what))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// Close gives back what the plan holds, and what its refresh holds if that is closed, too.
func (p *Plan) Close() error {
	var errs []error
	for i := range p.changes {
		errs = append(errs, p.changes[i].close())
	}
	if p.in != nil {
		errs = append(errs, p.in.release())
		p.in = nil
	}
	return errors.Join(errs...)
}
