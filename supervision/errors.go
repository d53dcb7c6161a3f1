package supervision

import (
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/storage"
)

// ErrData: a record's data cannot be read or written.
var ErrData = errors.New("unreadable data")

// errUnread: the store could not be read in the middle of a turn. That is not the record's fault.
var errUnread = errors.New("cannot be read")

// An Error says what could not be done with a record, and why. It unwraps to the cause, such as
// [storage.ErrNotFound], [storage.ErrConflict], a [*fsm.TransitionError] or the host's own error.
type Error struct {
	// Op is what was asked, such as "fire finish".
	Op string
	// Key is the record.
	Key storage.Key
	// Err is the cause.
	Err error
}

// Error names the order, the record and the cause.
func (e *Error) Error() string { return fmt.Sprintf("supervision: %s %s: %v", e.Op, e.Key, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
