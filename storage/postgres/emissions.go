package postgres

import "sync/atomic"

// emissions tell whether it is worth while to look first whether an effect was emitted before. As a rule it was not,
// and a unique index finds out when it was: then the transaction is made anew, and for a while all look.
type emissions struct{ wary atomic.Int64 }

// wariness is for how many batches all look.
const wariness = 1000

// hope returns what is asked at each try of a batch: may what it emits be taken for new?
func (e *emissions) hope() func() bool {
	hopeful, tried := e.wary.Load() <= 0 || e.wary.Add(-1) <= 0, false
	return func() bool {
		if tried && hopeful {
			hopeful = false
			e.wary.Store(wariness)
		}
		tried = true
		return hopeful
	}
}
