package supervisiontest

import (
	"errors"
	"fmt"
)

// Faults are what goes wrong in a simulation, as a set.
type Faults uint

const (
	// Crashes: a process or an action dies between any two steps, and knows nothing afterwards.
	Crashes Faults = 1 << iota
	// Stalls: a process stands still, also for longer than its leases last, and then goes on.
	Stalls
	// Refusals: the store cannot be asked. Nothing was written then.
	Refusals
	// WrongClocks: the store's clock is years away from that of the processes, and jumps for a while.
	WrongClocks
	// Drops: what was said with [Send] does not arrive.
	Drops
	// Doubles: it arrives more than once.
	Doubles
	// Delays: it arrives late, and not in its order.
	Delays
	// SlowEffects take longer than the lease, or the deadline.
	SlowEffects
	// FailingEffects are not done, and say so.
	FailingEffects
	// LyingEffects are done, and say that they are not.
	LyingEffects
	// RepeatedEffects are done twice at once.
	RepeatedEffects
	// LateEffects say that they are not done, and are done later, when something else may have been.
	LateEffects

	// AllFaults are all of them.
	AllFaults = LateEffects<<1 - 1
)

// What the simulator answers. Nothing was done then.
var (
	errCrashed = errors.New("supervisiontest: the process has crashed")
	errRefused = errors.New("supervisiontest: the store cannot be asked")
	errOutside = errors.New("supervisiontest: the outside does not answer")
)

func (f Faults) has(one Faults) bool { return f&one != 0 }

func (f Faults) check() error {
	if f&^AllFaults != 0 {
		return fmt.Errorf("supervisiontest: there are no faults %#x; those of AllFaults are there", uint(f&^AllFaults))
	}
	return nil
}
