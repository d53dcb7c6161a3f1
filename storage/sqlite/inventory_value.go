package sqlite

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// numberOr returns a text as it is to be stored in a column in which SQLite makes numbers of texts that
// look like some: as the number if that is read as the same text again, else as it is if it does not look
// like one.
func numberOr(v storage.Value) (any, error) {
	text := v.Text()
	if !looksLikeNumber(text) {
		return text, nil
	}
	decimal, err := v.As(storage.NumericType)
	if err == nil && decimal == v {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return i, nil
		}
		if f, err := strconv.ParseFloat(text, 64); err == nil && strconv.FormatFloat(f, 'f', -1, 64) == text {
			return f, nil
		}
		return nil, errors.New("SQLite would store it as a number of fewer digits; declare the column TEXT")
	}
	return nil, errors.New("SQLite would store it as a number, which is written otherwise; declare the column TEXT")
}

func looksLikeNumber(text string) bool {
	text = strings.Trim(text, " \t\n\v\f\r")
	if text == "" || strings.ContainsAny(text, "xXiInN") { // Go has hexadecimals, infinities and NaN
		return false
	}
	_, err := strconv.ParseFloat(text, 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

// A cell scans a value as SQLite has stored it.
type cell storage.Value

// Scan implements [sql.Scanner].
func (c *cell) Scan(from any) error {
	switch v := from.(type) {
	case nil:
		*c = cell{}
	case int64:
		*c = cell(storage.IntValue(v))
	case float64:
		*c = cell(storage.FloatValue(v))
	case string:
		*c = cell(storage.TextValue(v))
	case []byte:
		*c = cell(storage.BytesValue(v))
	case bool:
		*c = cell(storage.BoolValue(v))
	case time.Time:
		*c = cell(storage.TimeValue(v))
	default:
		return fmt.Errorf("a %T came from the database; SQLite has no such values", v)
	}
	return nil
}

// constraints are what SQLite says of rows that break one, and what that is to an inventory.
var constraints = []struct {
	text string
	is   error
}{
	{"UNIQUE constraint failed", storage.ErrConflict},
	{"FOREIGN KEY constraint failed", storage.ErrConflict},
	{"NOT NULL constraint failed", storage.ErrInvalid},
	{"CHECK constraint failed", storage.ErrInvalid},
	{"cannot store", storage.ErrInvalid}, // in a STRICT table
}

// refusal says of an error of a constraint what it is.
func refusal(err error) error {
	for _, c := range constraints {
		if err != nil && strings.Contains(err.Error(), c.text) {
			return fmt.Errorf("%w: %w", c.is, err)
		}
	}
	return err
}

// quoted returns a name as SQL has it.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
