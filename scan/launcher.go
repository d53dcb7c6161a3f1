package scan

import (
	"context"
	"iter"
)

// A Launcher starts and ends the machines or processes that agents run in. It is the host's. It must be safe for concurrent use. Package scantest
// checks its laws.
type Launcher interface {
	// Launch starts an agent, or finds the one that was started with this token: two calls with one token start one. It returns as soon as it is
	// on its way. The agent reports under the token. An error is tried again, unless it is made with [Fail]; see also [RetryAfter].
	Launch(ctx context.Context, token string, spec AgentSpec) (Instance, error)
	// Terminate ends the agent of a token for good, whatever became of Launch: nothing runs under the token afterwards. To
	// terminate what is not there is no error.
	Terminate(ctx context.Context, token string) error
	// List yields what there is, as the provider knows it, not as agents say. The sequence ends with the first error.
	List(ctx context.Context) iter.Seq2[Instance, error]
}

// AgentSpec is what an agent is to be.
type AgentSpec struct {
	// Fleet is what it belongs to, Width how many requests it is to work on at once.
	Fleet string `json:"fleet"`
	Width int    `json:"width"`
}

// An Instance is what a provider has.
type Instance struct {
	// Token is what it was launched with, ID the provider's own name for it.
	Token string `json:"token"`
	ID    string `json:"id"`
	// Gone: it has ended, or is ending.
	Gone bool `json:"gone,omitempty"`
}
