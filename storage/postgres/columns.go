package postgres

import (
	"encoding"
	"errors"
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// What a column holds and what Go holds differ in a few types. These are the ways out.

// A timeColumn scans a time; null is the zero time.
type timeColumn struct{ to *time.Time }

// ScanTimestamptz implements [pgtype.TimestamptzScanner].
func (c timeColumn) ScanTimestamptz(v pgtype.Timestamptz) error {
	*c.to = time.Time{}
	if v.Valid {
		*c.to = v.Time.UTC()
	}
	return nil
}

// A nameColumn scans the name of a status.
type nameColumn struct{ to encoding.TextUnmarshaler }

// ScanText implements [pgtype.TextScanner].
func (c nameColumn) ScanText(v pgtype.Text) error {
	if !v.Valid {
		return errors.New("a status is null; a name is right")
	}
	return c.to.UnmarshalText([]byte(v.String))
}

// integer returns a number as the server's signed integers hold it. None that is stored is larger.
func integer[N ~uint64](n N) int64 { return int64(min(uint64(n), math.MaxInt64)) }

var (
	_ pgtype.TimestamptzScanner = timeColumn{}
	_ pgtype.TextScanner        = nameColumn{}
)
