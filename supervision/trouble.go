package supervision

import (
	"log/slog"
	"sync"
)

// Troubles are what goes wrong at every poll as long as a store is away. The log is told when each
// begins and when it is over.
type troubles struct {
	mu sync.Mutex
	in map[string]bool
}

// tell takes note of how it went this time.
func (t *troubles) tell(log *slog.Logger, what string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch was := t.in[what]; {
	case err != nil && !was:
		if t.in == nil {
			t.in = map[string]bool{}
		}
		t.in[what] = true
		log.Error(what+" fails; it is tried again", "error", err)
	case err == nil && was:
		delete(t.in, what)
		log.Info(what + " goes well again")
	}
}
