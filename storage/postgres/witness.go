package postgres

import (
	"crypto/rand"
	"sync"
)

// A witness is a row that a transaction writes beside all else, and by which the store finds out whether it was
// made. The number of a transaction does not tell: after a crash of the server the next one may get it.
type witness struct {
	slot, n int64
	xid     string // the number, while the transaction is open
	pid     int    // whose transaction it is
}

// witnesses are a store's. A slot is a row, which one transaction has at a time; n says for which it was last
// written.
type witnesses struct {
	store string

	mu    sync.Mutex
	slots int64
	free  []int64
	n     int64
}

func newWitnesses() *witnesses { return &witnesses{store: rand.Text()} }

func (w *witnesses) take() witness {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	if last := len(w.free) - 1; last >= 0 {
		slot := w.free[last]
		w.free = w.free[:last]
		return witness{slot: slot, n: w.n}
	}
	w.slots++
	return witness{slot: w.slots, n: w.n}
}

// giveBack gives the slot of a transaction back that has ended. One that may be open still keeps the row locked,
// and so its slot.
func (w *witnesses) giveBack(one witness) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.free = append(w.free, one.slot)
}

const (
	// beginWithWitness is beginWriting with a witness.
	beginWithWitness = `WITH witness AS (
	INSERT INTO reeve.witness (store, slot, n) VALUES ($1, $2, $3) ON CONFLICT (store, slot) DO UPDATE SET n = excluded.n, at = excluded.at)
SELECT reeve.clock(), pg_current_xact_id()::text, pg_backend_pid()`

	isOpen = `SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND backend_xid = ($2::text::xid8)::xid)`

	wasMade = `SELECT EXISTS (SELECT 1 FROM reeve.witness WHERE store = $1 AND slot = $2 AND n = $3)`

	// endTransaction ends the connection on which a transaction waits for a client that is gone.
	endTransaction = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid = $1 AND backend_xid = ($2::text::xid8)::xid AND usename = current_user`

	// forgetWitnesses removes those of stores that are no more. One that is in use is written again.
	forgetWitnesses = `DELETE FROM reeve.witness WHERE at < statement_timestamp() - interval '1 day'`
)
