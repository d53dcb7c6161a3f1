package refresh

// CollectionOptions say how a collection is kept in its table. Nil, and the zero value, are a table of the
// collection's name, all of whose rows in the manager's scope are created, updated and deleted.
type CollectionOptions struct {
	// Table is the table. Empty: the name of the collection.
	Table string
	// ID is the table's column of ids. Empty: "id".
	ID string
	// ChildOf are columns that point at the rows to which a row belongs: it is in the manager's scope because
	// one of them is, is planned after them and deleted before them. Empty: the table has the
	// columns of the manager's scope itself.
	ChildOf []string
	// Where are columns with the same value in all rows, as where a table has rows of several
	// collections: what has other values is not theirs.
	Where map[string]any
	// Mode says which rows are written. Zero: [Keep].
	Mode Mode
	// Archive is a column of times. A row that is gone gets the time instead of being deleted, and counts
	// as gone until it comes back. Empty: it is deleted.
	Archive string
	// Hash is a column of 64-bit integers that may be null, in which a hash of what each row was last said to hold is kept;
	// nobody else writes it. A full refresh then reads of most rows the id, the key and the hash, and all of a row
	// only where something else is said of it than before, where not all was said ([Collection.Patch]) or written
	// (ifempty, versions), or where it has fields of another row ([From]). So what others write into a row, and what the
	// database clears because others delete something, is not seen before something else is said: leave Hash empty where
	// it must be, so that all columns are read and compared. NewPersister refuses it where they are in any case, because rows
	// have a version, are not updated, or can point at rows of their own collection or of one that is written later, and where
	// two collections that can have the same row have the same column. A table gets the column at
	// any time: the next full refresh reads all rows once and fills it.
	Hash string
	// Reconnect are indexes by which an archived row is found that comes back under another key: the
	// first that finds one row decides. It is one of the manager's own: the rows of another one are written under that one's
	// lease, so what moves from manager to manager is for a [Step] or for the host.
	Reconnect []string
	// Duplicates say what becomes of two rows with the same key and other data. Zero:
	// [RefuseDuplicates].
	Duplicates Duplicates
	// Guard is how many rows one full refresh may remove. Nil: the persister's.
	Guard *Guard
	// After are collections that are written before this one although nothing points at them.
	After []string
}

// A Mode says which rows of a collection are written.
type Mode uint8

// The modes.
const (
	// Keep creates, updates and deletes.
	Keep Mode = iota
	// NoDelete creates and updates.
	NoDelete
	// UpdateOnly updates rows that are there.
	UpdateOnly
	// CreateOnly creates rows that are not there.
	CreateOnly
	// ReadOnly writes nothing: its rows are there to be pointed at. Only those are read.
	ReadOnly
)

// Duplicates say what becomes of two rows of a collection that have the same key and other data. The plan
// names them all.
type Duplicates uint8

// What can become of them.
const (
	// RefuseDuplicates makes the plan fail.
	RefuseDuplicates Duplicates = iota
	// FirstWins keeps the row that came first.
	FirstWins
	// LastWins keeps the row that came last.
	LastWins
	// Merge takes each column from the row that came last of those that have it.
	Merge
)

func (c *collection) mode() Mode { return c.options.Mode }

func (m Mode) creates() bool { return m == Keep || m == NoDelete || m == CreateOnly }
func (m Mode) updates() bool { return m == Keep || m == NoDelete || m == UpdateOnly }
func (m Mode) deletes() bool { return m == Keep }
