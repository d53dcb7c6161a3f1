package refresh

import "github.com/reeve-go/reeve/storage"

// rowIDs are the ids that the database has of rows, by the rows' numbers. A row that it does not have is null there.
// Integers are kept as such, so that they are nothing that the garbage collector has to look at.
type rowIDs struct {
	rows  int
	known []bool // which are integers
	ints  []int64
	other []storage.Value
}

func (r *rowIDs) at(row int32) storage.Value {
	if r.known != nil && r.known[row] {
		return storage.IntValue(r.ints[row])
	}
	if r.other != nil {
		return r.other[row]
	}
	return storage.Value{}
}

func (r *rowIDs) set(row int32, id storage.Value) {
	if id.Kind() != storage.IntKind {
		if r.other == nil {
			r.other = make([]storage.Value, r.rows)
		}
		r.other[row] = id
		return
	}
	if r.known == nil {
		r.known, r.ints = make([]bool, r.rows), make([]int64, r.rows)
	}
	r.known[row], r.ints[row] = true, id.Int()
}
