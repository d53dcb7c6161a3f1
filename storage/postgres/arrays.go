package postgres

import (
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// An array is the values of one column on their way to the server. It hands out pointers to its cells, which cost
// nothing, where the arrays of pgx make a copy of each value.
type array interface {
	pgtype.ArrayGetter
	add(v any)
	plain() any // as a slice, for where pgx goes by the types of Go
}

func arrayOf(typ string, room int) array {
	switch typ {
	case "text":
		return &texts{make(cells[text], 0, room)}
	case "bigint":
		return &integers[int64]{make(cells[integral], 0, room)}
	case "integer":
		return &integers[int]{make(cells[integral], 0, room)}
	case "boolean":
		return &booleans{make(cells[boolean], 0, room)}
	case "timestamptz":
		return &times{make(cells[instant], 0, room)}
	case "bytea":
		return &blobs{make(cells[blob], 0, room)}
	}
	panic("no array of type " + typ) // the types are constants of this package
}

// cells are the values of an array.
type cells[C any] []C

// Dimensions implements [pgtype.ArrayGetter].
func (c cells[C]) Dimensions() []pgtype.ArrayDimension {
	return []pgtype.ArrayDimension{{Length: int32(len(c)), LowerBound: 1}} //nolint:gosec // a batch is not that large
}

// Index implements [pgtype.ArrayGetter].
func (c cells[C]) Index(i int) any { return &c[i] }

// IndexType implements [pgtype.ArrayGetter].
func (c cells[C]) IndexType() any { return new(C) }

type (
	texts    struct{ cells[text] }
	booleans struct{ cells[boolean] }
	times    struct{ cells[instant] }
	blobs    struct{ cells[blob] }
	// integers are added as T.
	integers[T int | int64] struct{ cells[integral] }
)

// What is added is of the column's type: the columns are constants of this package.

func (a *texts) add(v any)       { a.cells = append(a.cells, text(v.(string))) }       //nolint:forcetypeassert // see above
func (a *integers[T]) add(v any) { a.cells = append(a.cells, integral(v.(T))) }        //nolint:forcetypeassert // see above
func (a *booleans) add(v any)    { a.cells = append(a.cells, boolean(v.(bool))) }      //nolint:forcetypeassert // see above
func (a *times) add(v any)       { a.cells = append(a.cells, instant(v.(time.Time))) } //nolint:forcetypeassert // see above
func (a *blobs) add(v any)       { a.cells = append(a.cells, blob(v.([]byte))) }       //nolint:forcetypeassert // see above

func (a *texts) plain() any { return plain(a.cells, func(c text) string { return string(c) }) }

func (a *integers[T]) plain() any { return plain(a.cells, func(c integral) int64 { return int64(c) }) }
func (a *booleans) plain() any    { return plain(a.cells, func(c boolean) bool { return bool(c) }) }
func (a *times) plain() any       { return plain(a.cells, instant.orNull) }
func (a *blobs) plain() any       { return plain(a.cells, blob.orNull) }

func plain[C, T any](from cells[C], one func(C) T) []T {
	out := make([]T, len(from))
	for i, c := range from {
		out[i] = one(c)
	}
	return out
}

// The cells.
type (
	text     string
	integral int64
	boolean  bool
	instant  time.Time // the zero time is null
	blob     []byte    // no bytes are null
)

// TextValue implements [pgtype.TextValuer].
func (c *text) TextValue() (pgtype.Text, error) {
	return pgtype.Text{String: string(*c), Valid: true}, nil
}

// Int64Value implements [pgtype.Int64Valuer].
func (c *integral) Int64Value() (pgtype.Int8, error) {
	return pgtype.Int8{Int64: int64(*c), Valid: true}, nil
}

// BoolValue implements [pgtype.BoolValuer].
func (c *boolean) BoolValue() (pgtype.Bool, error) {
	return pgtype.Bool{Bool: bool(*c), Valid: true}, nil
}

// TimestamptzValue implements [pgtype.TimestamptzValuer].
func (c *instant) TimestamptzValue() (pgtype.Timestamptz, error) {
	t := time.Time(*c)
	return pgtype.Timestamptz{Time: t, Valid: !t.IsZero()}, nil
}

func (c instant) orNull() *time.Time {
	if t := time.Time(c); !t.IsZero() {
		return &t
	}
	return nil
}

// BytesValue implements [pgtype.BytesValuer].
func (c *blob) BytesValue() ([]byte, error) { return c.orNull(), nil }

func (c blob) orNull() []byte {
	if len(c) == 0 {
		return nil
	}
	return c
}
