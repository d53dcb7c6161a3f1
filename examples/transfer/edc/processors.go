package edc

// processors are those of the original in the order of its loop, with the role that one is for.
var processors = []struct {
	state State
	only  Role
}{
	{state: Initial},
	{state: Provisioning},
	{state: Provisioned},
	{state: Requesting, only: Consumer},
	{state: Starting, only: Provider},
	{state: Suspending},
	{state: Resuming, only: Provider},
	{state: Resuming, only: Consumer},
	{state: Completing},
	{state: Terminating},
	{state: Deprovisioning},
}

// Processors returns the states that the original works on in a role, in the order in which a round of its loop comes by:
// what one processor moves on a later one finds in the same round. At a process in any other state nobody looks.
func Processors(role Role) []State {
	var states []State
	for _, p := range processors {
		if p.only == "" || p.only == role {
			states = append(states, p.state)
		}
	}
	return states
}
