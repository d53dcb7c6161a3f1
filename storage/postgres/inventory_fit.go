package postgres

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// in returns a value as the column has it, to be written.
func (t *shape) in(f *adapter.Field, v storage.Value) (storage.Value, error) {
	like, err := f.In(v)
	if err != nil {
		return v, err
	}
	return like, t.fits(f, like)
}

// like returns a value as the column has it, to look for.
func (t *shape) like(f *adapter.Field, v storage.Value) (storage.Value, error) {
	like, err := f.Like(v)
	if err != nil {
		return v, err
	}
	return like, t.fits(f, like)
}

// fits says why a column cannot hold a value: the server would refuse it, without saying where it was, or store another
// one, so that it would have to be written again and again.
func (t *shape) fits(f *adapter.Field, v storage.Value) error {
	if v.IsNull() {
		return nil
	}
	if err := t.columns[f.At].fits(v); err != nil {
		return f.Wrong(v, err)
	}
	return nil
}

func (c *columnShape) fits(v storage.Value) error {
	switch c.oid {
	case pgtype.Int2OID:
		return fitsInteger(v, math.MinInt16, math.MaxInt16)
	case pgtype.Int4OID:
		return fitsInteger(v, math.MinInt32, math.MaxInt32)
	case pgtype.Float4OID:
		if shortFloat(float32(v.Float())) != v.Float() {
			return errors.New("a real has about seven digits; fewer, or double precision, are right")
		}
	case pgtype.VarcharOID, pgtype.BPCharOID:
		return c.fitsText(v.Text())
	case pgtype.NumericOID:
		return c.fitsNumeric(v.Text())
	case pgtype.DateOID:
		if at := v.Time(); !at.Truncate(24 * time.Hour).Equal(at) {
			return errors.New("a date has no time of the day; midnight in UTC is right")
		}
	case pgtype.TimestampOID, pgtype.TimestamptzOID:
		return c.fitsTime(v.Time())
	}
	if len(c.labels) > 0 && !slices.Contains(c.labels, v.Text()) {
		return fmt.Errorf("the column has one of %q", c.labels)
	}
	return nil
}

func fitsInteger(v storage.Value, least, most int64) error {
	if i := v.Int(); i < least || i > most {
		return fmt.Errorf("the column holds %d to %d", least, most)
	}
	return nil
}

// ofModifier is what the modifier of a type with a length is more than that.
const ofModifier = 4

func (c *columnShape) fitsText(text string) error {
	if c.oid == pgtype.BPCharOID && strings.HasSuffix(text, " ") {
		return errors.New("a character(n) does not keep blanks at the end; text does")
	}
	if most := int(c.modifier) - ofModifier; c.modifier >= 0 && utf8.RuneCountInString(text) > most {
		return fmt.Errorf("it has %d characters and the column holds %d", utf8.RuneCountInString(text), most)
	}
	return nil
}

// fitsNumeric demands that a decimal has no more digits after its point than the column; where that has fewer than
// none, as numeric(3, -2), zeros before it. Of too many others the server says enough.
func (c *columnShape) fitsNumeric(text string) error {
	if c.modifier < 0 || text == "0" {
		return nil
	}
	scale := int(c.modifier-ofModifier)&0x7ff ^ 1024 - 1024 // eleven bits with a sign
	_, fraction, broken := strings.Cut(text, ".")
	digits := len(fraction)
	if !broken {
		digits = len(strings.TrimRight(text, "0")) - len(text)
	}
	if digits > scale {
		return fmt.Errorf("the column holds %d digits after the point", scale)
	}
	return nil
}

func (c *columnShape) fitsTime(at time.Time) error {
	const all = 6
	if c.modifier < 0 || c.modifier >= all {
		return nil
	}
	step := time.Microsecond
	for range all - c.modifier {
		step *= 10
	}
	if at.UnixMicro()%step.Microseconds() != 0 {
		return fmt.Errorf("the column holds %d digits of a second; truncate it to %s", c.modifier, step)
	}
	return nil
}
