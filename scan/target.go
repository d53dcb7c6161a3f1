package scan

import (
	"encoding/json"
	"time"
)

// A Target is what is looked into.
type Target struct {
	// ID names it, in 1 to 512 bytes without control characters; two jobs about one ID are about the same thing.
	ID string `json:"id"`
	// Type and Ref say where it is, in words that the host's [Opener] and [Mounter] understand. Ref is JSON of at most 16 KiB, and must
	// have no secrets.
	Type string          `json:"type,omitempty"`
	Ref  json.RawMessage `json:"ref,omitempty"`
	// Content names what is in it, if something does: the digest of an image, the id of a snapshot. What was found in the same content is not
	// looked for again, whatever target it is in.
	Content string `json:"content,omitempty"`
	// Slower multiplies the clocks of its jobs and the time of their limits, from 0.01 to 1000; zero: 1. It is for targets that are known to be slow.
	Slower float64 `json:"slower,omitempty"`
}

// A Category is a sort of facts that a job asks for.
type Category struct {
	Name string `json:"name"`
	// Config says what exactly is wanted, in the form of the scanner: JSON of at most 16 KiB. Empty: what is usual.
	Config json.RawMessage `json:"config,omitempty"`
}

// Clocks are how long the parts of a job may take, at most 30 days each. A zero field is the default. Those of a target that is [Target.Slower] are
// longer.
type Clocks struct {
	// Queue is how long it may wait for its permits. Default: 24 hours.
	Queue time.Duration `json:"queue,omitempty"`
	// Start is how long it may take until an agent has begun, what has to be attached included. Default: 15 minutes.
	Start time.Duration `json:"start,omitempty"`
	// Progress is how long an agent may get no further. It has to be longer than [AgentOptions].Lease, which is how long opening the target may take;
	// agents say how far they are once a second at the most. Default: 5 minutes.
	Progress time.Duration `json:"progress,omitempty"`
	// Total is how long it may take from its permits to its results, over all its epochs. Default: 4 hours.
	Total time.Duration `json:"total,omitempty"`
	// Cleanup is how long it may take to stop the agent and to release what was attached. Default: 15 minutes.
	Cleanup time.Duration `json:"cleanup,omitempty"`
}
