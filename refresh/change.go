package refresh

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// A Change is what a plan does to one row.
type Change struct {
	Collection string
	Kind       ChangeKind
	// Key is the row's key, for people.
	Key string
	// ID is the row in the database. That of a row that is created is known once the plan was saved or applied, and is null
	// before; so it is in the table of a many-to-many reference, whose rows have none.
	ID storage.Value
	// Row is the number of a row that is to be created, among those of its collection.
	Row int32
	// Columns are what is written. A row that is deleted has none.
	Columns []ColumnChange

	key     []storage.Value // of a row that is in the database
	newRows []RowRef        // see newRow
}

// A ColumnChange is a column with the value that the database has and the one that it is to have.
type ColumnChange struct {
	Column   string
	Old, New storage.Value
	// NewRow, if it is not nil, is the row whose id is New. That is known once the plan was saved or applied, and is null
	// before.
	NewRow *RowRef
}

// A RowRef is a row that a plan creates: its collection and its number.
type RowRef struct {
	Collection string `json:"collection"`
	Row        int32  `json:"row"`
}

// A ChangeKind says what is done to a row.
type ChangeKind uint8

// The kinds.
const (
	Insert ChangeKind = iota
	Update
	Delete
	Archive

	touch // is about a row and does nothing to it

	kinds = 5
)

var kindNames = [...]string{"insert", "update", "delete", "archive", "touch"}

// String returns insert, update, delete or archive.
func (k ChangeKind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", k)
}

// String returns a change in one line.
func (c *Change) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s", c.Kind, c.Collection, c.Key)
	for i := range c.Columns {
		of := &c.Columns[i]
		if c.Kind == Update {
			fmt.Fprintf(&b, ", %s %s → %s", of.Column, of.Old, of.new())
		} else {
			fmt.Fprintf(&b, ", %s %s", of.Column, of.new())
		}
	}
	return b.String()
}

func (c *ColumnChange) new() string {
	if c.NewRow != nil && c.New.IsNull() {
		return fmt.Sprintf("new row %d of %s", c.NewRow.Row, c.NewRow.Collection)
	}
	return c.New.String()
}

// compareValues puts ids in an order.
func compareValues(a, b storage.Value) int {
	return cmp.Or(cmp.Compare(a.Kind(), b.Kind()), cmp.Compare(a.Int(), b.Int()), cmp.Compare(a.Text(), b.Text()))
}
