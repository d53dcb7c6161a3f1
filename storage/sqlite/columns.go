package sqlite

import (
	"database/sql"
	"encoding"
	"fmt"
	"math"
	"time"
)

// What a column holds and what Go holds differ in a few types. These are the ways from one to the
// other: *Of on the way in, and a scanner on the way out.

// micros returns a time as microseconds; nil for none.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// A timeColumn scans microseconds into a time.
type timeColumn struct{ to *time.Time }

// Scan implements [sql.Scanner].
func (c timeColumn) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*c.to = time.Time{}
	case int64:
		*c.to = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("sqlite: a time is stored as %T; microseconds are right", v)
	}
	return nil
}

// blob returns bytes as they are stored; nil for none.
func blob(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// integer returns a number as SQLite's signed integers hold it. None that is stored is larger.
func integer[N ~uint64](n N) int64 { return int64(min(uint64(n), math.MaxInt64)) }

// A numberColumn scans a number that is never negative.
type numberColumn[N ~uint64] struct{ to *N }

// Scan implements [sql.Scanner].
func (c numberColumn[N]) Scan(v any) error {
	n, ok := v.(int64)
	if !ok || n < 0 {
		return fmt.Errorf("sqlite: a number is stored as %v; a positive integer is right", v)
	}
	*c.to = N(n)
	return nil
}

// A nameColumn scans the name of a status.
type nameColumn struct{ to encoding.TextUnmarshaler }

// Scan implements [sql.Scanner].
func (c nameColumn) Scan(v any) error {
	switch v := v.(type) {
	case string:
		return c.to.UnmarshalText([]byte(v))
	case []byte:
		return c.to.UnmarshalText(v)
	default:
		return fmt.Errorf("sqlite: a status is stored as %T; a name is right", v)
	}
}

var (
	_ sql.Scanner = timeColumn{}
	_ sql.Scanner = numberColumn[uint64]{}
	_ sql.Scanner = nameColumn{}
)
