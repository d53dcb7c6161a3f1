package supervisiontest

import (
	"fmt"
	"testing"
)

// Search simulates seeds, the first of them 1, until one fails, and returns what failed with its
// trace; nil: none did.
func Search(t *testing.T, setup func(*Sim) error, o *Options, seeds int) (seed int, failure error) {
	t.Helper()
	options, err := o.fill()
	if err != nil {
		t.Fatal(err)
	}
	for seed := 1; seed <= seeds; seed++ {
		s := simulate(t, setup, options, seeded(uint64(seed)), (*Sim).run)
		if err := s.trace.failed(); err != nil {
			return seed, fmt.Errorf("%w\n%v", err, s.trace)
		}
	}
	return 0, nil
}

// Trace returns the trace of a seed.
func Trace(t *testing.T, setup func(*Sim) error, o *Options, seed uint64) string {
	t.Helper()
	options, err := o.fill()
	if err != nil {
		t.Fatal(err)
	}
	return simulate(t, setup, options, seeded(seed), (*Sim).run).trace.String()
}
