package storage

import (
	"errors"
	"fmt"
)

// What a store answers, for [errors.Is].
var (
	// ErrNotFound: there is no such record, message or effect.
	ErrNotFound = errors.New("not found")
	// ErrExists: there is such a record already.
	ErrExists = errors.New("exists already")
	// ErrConflict: the record is not at the version that the change was computed from.
	ErrConflict = errors.New("version conflict")
	// ErrLeaseLost: a newer lease was given out, or this one has ended.
	ErrLeaseLost = errors.New("lease lost")
	// ErrLocked: another holds the lock.
	ErrLocked = errors.New("locked")
	// ErrCanceled: the effect's record no longer wants it.
	ErrCanceled = errors.New("effect canceled")
	// ErrDuplicate: a message of this ID was accepted before.
	ErrDuplicate = errors.New("duplicate message")
	// ErrTooLarge: something is larger than the store's limits allow.
	ErrTooLarge = errors.New("too large")
	// ErrInvalid: something breaks the rules for what is stored.
	ErrInvalid = errors.New("invalid")
	// ErrUnknown: the connection ended while something was being committed, and the database could not be
	// asked whether it was. It is safe to do it again: guards and ids tell if it was done.
	ErrUnknown = errors.New("outcome unknown")
	// ErrSchema: the tables are missing, or newer than this program.
	ErrSchema = errors.New("schema")
)

// An Error is an answer of a store about one thing.
type Error struct {
	// Key is the record, or the effect under [EffectKind].
	Key Key
	// Text says what was wrong and what would be right.
	Text string
	// Err is one of the sentinels of this package, or the cause.
	Err error
}

// Errorf returns an [Error] about key whose text is formatted.
func Errorf(err error, key Key, format string, args ...any) error {
	return &Error{Key: key, Text: fmt.Sprintf(format, args...), Err: err}
}

// Error names the record, what was wrong and what would be right.
func (e *Error) Error() string {
	return fmt.Sprintf("storage: %s: %s: %v", e.Key, e.Text, e.Err)
}

// Unwrap returns the sentinel or the cause.
func (e *Error) Unwrap() error { return e.Err }
