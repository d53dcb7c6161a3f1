package scan

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

// An Opener opens targets on an agent. It must be safe for concurrent use.
type Opener interface {
	// Open returns the file system of a target, and what is to be called when nobody reads it any more. Attached is what was attached for it, by the
	// resources' ids. An error is tried again, unless it is made with [Fail]; see also [RetryAfter] and [AgentFault].
	Open(ctx context.Context, t Target, attached map[string]provisioning.Known) (fsys fs.FS, done func() error, err error)
}

// A Mounter says what has to be attached before a target can be opened: resources of package provisioning, such as a snapshot, a volume
// made from it and its attachment. They are there before an agent is asked, and released when the job ends, whatever became of it.
type Mounter interface {
	// Mounts returns the resources; none: the target can be opened as it is. It is a pure function of the target.
	Mounts(t Target) ([]provisioning.Spec, error)
}

// Fail marks an error of an [Opener], a [Scanner] or a [Launcher] as one that no other try can mend. Like the two below it returns nil if err is nil.
func Fail(err error) error { return classed(Fatal, 0, err) }

// RetryAfter marks an error of an [Opener] or a [Launcher] as one after which another try makes sense when that time has passed.
func RetryAfter(d time.Duration, err error) error { return classed(Trouble, d, err) }

// AgentFault marks an error of an [Opener] or a [Scanner] as one of the agent and not of the target, such as a disk of its own that is full. Its class is
// [Lost]: another agent is asked, and this one leaves the next requests to others for a while.
func AgentFault(err error) error { return classed(Lost, 0, err) }

func classed(c Class, after time.Duration, err error) error {
	if err == nil {
		return nil
	}
	return &classError{class: c, after: after, err: err}
}

type classError struct {
	class Class
	after time.Duration
	err   error
}

func (e *classError) Error() string { return e.err.Error() }
func (e *classError) Unwrap() error { return e.err }

// classOf returns the class of an error, and how long to wait before another try, if that is known.
func classOf(err error) (Class, time.Duration) {
	if c, ok := errors.AsType[*classError](err); ok {
		return c.class, c.after
	}
	return Trouble, 0
}
