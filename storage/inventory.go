package storage

import (
	"context"
	"iter"
)

// An Inventory is the host's own tables of plain rows, each with an id and a natural key: what package
// refresh keeps up to date. Records and an inventory may live in different databases.
// An Inventory is safe for concurrent use.
//
// Beside the host's tables it keeps little of its own: for each scope the newest token that has saved
// there, how many saves there were, and which rows the last ones were about.
//
// Values are converted by [Value.As] to a column's type and back. What is ErrInvalid says which table,
// column and value it is about:
//
//   - a value that cannot be converted, or null where none may be;
//   - a text with a zero byte or bytes that are not UTF-8, a float that is not a number, a time outside of
//     the years 1 to 9999: not every database has them, so none takes them;
//   - a column that the table does not have, or that is given twice, or no column at all; a row with too few or too many values.
//
// ErrNotFound: there is no such table.
type Inventory interface {
	// Describe returns what the database knows of a table.
	Describe(ctx context.Context, table string) (*Table, error)

	// View begins a transaction that only reads, all of it as it was committed when View returned.
	View(ctx context.Context) (InventoryView, error)

	// Begin begins a transaction that writes. It sees all that was committed before. In a scope one is
	// open at a time, and another one waits for its end. The context is for the beginning alone.
	// ErrLeaseLost: a newer token than the fence's has saved in the scope.
	Begin(ctx context.Context, f Fence) (InventoryTx, error)

	// Saves returns the number of the last save in a scope; zero: there was none.
	Saves(ctx context.Context, scope string) (uint64, error)
}

// A Fence keeps those out of a scope who have lost the right to write there.
type Fence struct {
	// Scope is what a save is about: all that one manager has. Required, as an ID of [Limits] is.
	Scope string
	// Token is that of the lease under which the save was begun. Of several with the same token each
	// may save.
	Token Token
}

// An InventoryView reads rows. It is not safe for concurrent use: while one call is under way, also the
// sequence of a call or one that is given to it, any other is ErrInvalid. After any other error, and after the end, it
// can only be closed.
type InventoryView interface {
	// Rows yields the rows that match q, each once, in no particular order. A row is good until the next
	// one is yielded. The sequence ends with the first error.
	Rows(ctx context.Context, q RowQuery) iter.Seq2[[]Value, error]

	// Close ends the view; the second time it does nothing. An [InventoryTx] that was not committed is
	// rolled back.
	Close() error
}

// An InventoryTx is the save of one refresh. All of it becomes true with its commit, or nothing.
//
// Its methods take rows one by one, each before the next, and keep none, so that a slice can be used
// again. They are done in their order: a row may point at itself and at those that come before it. ErrConflict: a
// row breaks a unique index or a reference, as far as the database is told to look, or the database has ended the
// transaction because it and another one are in each other's way. Nothing of it is there then, and a new one may do better.
type InventoryTx interface {
	InventoryView

	// Number is that of the save in its scope, the first being 1.
	Number() uint64

	// Reserve returns n ids for rows that are to be inserted, for tables whose ids are integers or
	// UUIDs. No row has one of them, and nobody else is given them before this transaction ends. From
	// then on it must insert rows of that table with their ids.
	Reserve(ctx context.Context, table string, n int) ([]Value, error)

	// Insert adds rows, whose values are in the order of columns. Columns that are not named get the
	// database's default, or null.
	Insert(ctx context.Context, table string, columns []Column, rows iter.Seq[[]Value]) error

	// Update changes rows by their ids, each at most once a call. It returns the ids of those that it
	// left alone because they are not there, or not as RowChange.Old says.
	Update(ctx context.Context, table string, columns []Column, changes iter.Seq[RowChange]) (missed []Value, err error)

	// Delete removes the rows in which the columns have the values of a tuple, such as their ids, and
	// returns how many there were. Null is equal to null. Rows of one tuple go together, so that they
	// may point at each other.
	Delete(ctx context.Context, table string, columns []Column, tuples iter.Seq[[]Value]) (int, error)

	// Touch notes which rows, by table and key, the save is about, so that an older reading of the
	// world does not undo it.
	Touch(ctx context.Context, rows iter.Seq[Touched]) error

	// Touched yields the rows that committed saves of the scope after the one with that number were
	// about, each once. ErrNotFound: there were more than [KeptSaves] since, and what they were about
	// may be forgotten.
	Touched(ctx context.Context, after uint64) iter.Seq2[Touched, error]

	// Handle is the host's own transaction, for steps of its own: what the adapter says.
	Handle() any

	// Commit makes it true. ErrUnknown: it cannot be told whether it did.
	Commit(ctx context.Context) error
}

// KeptSaves is of how many saves of a scope an [Inventory] knows which rows they were about. A save
// forgets what is older.
const KeptSaves = 1000

// A Table is what a database knows of one.
type Table struct {
	Name string
	// ID is the column that identifies a row: the primary key. Empty: it has none of one column, as tables
	// that join others often have not. Then nothing in it can be updated.
	ID string
	// Columns are in the table's order.
	Columns []Column
	// Unique are the columns of its unique indexes over all rows, and of a primary key of several columns.
	Unique [][]string
	// References are the tables that columns point at by id, by column.
	References map[string]string
}

// A Column is where a value of a row stands. In calls only Name and Type count: a Type that is not the
// table's own says what the values are converted to and from; [AnyType] is the table's own.
type Column struct {
	Name string
	Type ColumnType
	// Null: the value may be null.
	Null bool
	// Default: the database has a value of its own for rows that are inserted without one.
	Default bool
}

// A RowQuery selects rows of a table.
type RowQuery struct {
	Table string
	// Columns are what is returned of a row, in this order.
	Columns []Column
	// In are the scopes that a row can be in; empty: any row.
	In []Scope
	// Among, if it is not nil, is what the row must be among.
	Among *Among
}

// A Scope is conditions that all hold.
type Scope []Condition

// A Condition is that a column has a value, or points at a row for which something holds. So a disk is in a
// manager's scope by way of its machine.
type Condition struct {
	Column string
	// Is is the value, converted to the column's own type; null is a value like any other. It does not
	// count if Of is set.
	Is Value
	// Of is about the row that the column points at.
	Of *Pointed
}

// Pointed is the row that a column points at by its id: one of a table that is in one of the scopes, or any
// if there are none.
type Pointed struct {
	Table string
	In    []Scope
}

// Among are tuples of values: some columns of a row have those of one. Null is equal to null.
type Among struct {
	Columns []Column
	Tuples  [][]Value
}

// A RowChange is new values for a row.
type RowChange struct {
	ID Value
	// New are in the order of the columns.
	New []Value
	// Old, unless it is nil, are what the row must have: else it is left alone.
	Old []Value
}

// Touched is a row that a save was about. What it names is the caller's matter.
type Touched struct {
	// Table is a text of at most [MaxName] bytes.
	Table string
	// Key is the row's natural key, as its collection writes it: any bytes, at most [MaxTouchedKey].
	Key string
}

// MaxTouchedKey is the most bytes of a [Touched] row's key: what every database can have in an index.
const MaxTouchedKey = 1024
