package refresh

import (
	"slices"
	"sync"

	"github.com/reeve-go/reeve/storage"
)

// contents are what all collections of one refresh have together: the rows as they were written, and the
// references to rows.
type contents struct {
	mu       sync.Mutex
	spool    spool
	promises []*promise
	err      error // of the spool; from then on nothing is kept
	users    int   // the refresh and its plans
}

// use says that one more uses the contents.
func (in *contents) use() *contents {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.users++
	return in
}

// release gives them back, if nobody else uses them.
func (in *contents) release() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.users--; in.users > 0 {
		return nil
	}
	return in.spool.close()
}

// keep keeps a row and returns where it is.
func (in *contents) keep(row []byte) int64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.err != nil {
		return 0
	}
	at, err := in.spool.add(row)
	in.err = err
	return at
}

// row returns a row as it was written.
func (in *contents) row(at int64) string {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.err != nil {
		return ""
	}
	text, err := in.spool.read(at)
	in.err = err
	return text
}

// read returns it also when nothing more is kept.
func (in *contents) read(at int64) (string, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.spool.read(at)
}

// cells returns the cells of a row, which has so many.
func (in *contents) cells(row string, n int) []cell {
	return in.cellsTo(make([]cell, n), row)
}

// cellsTo reads the cells of a row, as many as there is room for.
func (in *contents) cellsTo(out []cell, row string) []cell {
	r := in.reader(row)
	for i := range out {
		r.cell(&out[i])
	}
	if r.err != nil {
		in.fail(r.err)
	}
	return out
}

// reader returns one of the cells of a row.
func (in *contents) reader(row string) reader { return reader{rest: row, promises: in.all()} }

// promise returns the promise that a value stands for.
func (in *contents) promise(number storage.Value) *promise {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.promises[number.Int()-1]
}

func (in *contents) fail(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.err == nil {
		in.err = err
	}
}

// newPromise returns a promise that nobody else has.
func (in *contents) newPromise(c *collection, x *index, key int32) *promise {
	in.mu.Lock()
	defer in.mu.Unlock()
	p := &promise{in: c, by: x, key: key, number: int32(len(in.promises) + 1)} //nolint:gosec // limited by memory
	if len(in.promises) == cap(in.promises) {
		in.promises = slices.Grow(in.promises, len(in.promises)) // append alone would leave more behind
	}
	in.promises = append(in.promises, p)
	return p
}

// all returns the promises, by number.
func (in *contents) all() []*promise {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.promises
}
