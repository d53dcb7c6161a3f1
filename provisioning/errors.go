package provisioning

import "time"

// Fatal wraps an error that no further call can mend. Something may have been made all the same, so the resource is
// released when it is not wanted any more. Like the two below it returns nil if err is nil.
func Fatal(err error) error {
	if err == nil {
		return nil
	}
	return &FatalError{err}
}

// Retry wraps an error after which it is certain that nothing was done, and that another call may succeed: after d if
// that is not zero, else after a while that grows.
func Retry(d time.Duration, err error) error {
	if err == nil {
		return nil
	}
	return &RetryError{d, err}
}

// Conflict wraps an error that says that what is there under this name is somebody else's. No further call can mend
// that, and it is not released.
func Conflict(err error) error {
	if err == nil {
		return nil
	}
	return &ConflictError{err}
}

// A FatalError is what [Fatal] returns.
type FatalError struct{ Err error }

// Error returns the text of the error inside.
func (e *FatalError) Error() string { return e.Err.Error() }

// Unwrap returns the error inside.
func (e *FatalError) Unwrap() error { return e.Err }

// A RetryError is what [Retry] returns.
type RetryError struct {
	// After is how long to wait at least; zero: it does not say.
	After time.Duration
	Err   error
}

// Error returns the text of the error inside.
func (e *RetryError) Error() string { return e.Err.Error() }

// Unwrap returns the error inside.
func (e *RetryError) Unwrap() error { return e.Err }

// A ConflictError is what [Conflict] returns.
type ConflictError struct{ Err error }

// Error returns the text of the error inside.
func (e *ConflictError) Error() string { return e.Err.Error() }

// Unwrap returns the error inside.
func (e *ConflictError) Unwrap() error { return e.Err }
