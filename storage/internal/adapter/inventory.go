package adapter

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A Use watches over a view of an inventory or a transaction on it: one call at a time, and none after an
// error or the end.
type Use struct {
	busy  bool
	ended error
}

// Begin begins a call, which Done ends, unless there is an error.
func (u *Use) Begin(ctx context.Context) error {
	if u.busy {
		return fmt.Errorf("%w: another call is under way; one at a time is right", storage.ErrInvalid)
	}
	if u.ended == nil {
		u.fail(ctx.Err())
	}
	u.busy = u.ended == nil
	return u.ended
}

// Done ends a call whose error is err. After an error there is no other call.
func (u *Use) Done(err error) {
	u.busy = false
	u.fail(err)
}

func (u *Use) fail(err error) {
	if err != nil {
		u.ended = fmt.Errorf("it has failed and can only be closed: %w", err)
	}
}

// End ends it all, and reports whether this was the first time.
func (u *Use) End() (first bool, err error) {
	if u.busy {
		return false, fmt.Errorf("%w: it cannot be closed while a call is under way", storage.ErrInvalid)
	}
	first = u.ended != errOver //nolint:errorlint // it is not wrapped
	u.ended = errOver
	return first, nil
}

var errOver = fmt.Errorf("%w: it was committed or closed before", storage.ErrInvalid)

// A Field is a column as a call gives it and as its table has it.
type Field struct {
	storage.Column
	// At is its place in the table.
	At    int
	table string
	given storage.ColumnType
}

// Fields finds the columns of a call in their table.
func Fields(t *storage.Table, columns []storage.Column) ([]Field, error) {
	if len(columns) == 0 {
		return nil, fmt.Errorf("%w: table %q: no columns are given", storage.ErrInvalid, t.Name)
	}
	fields := make([]Field, len(columns))
	for i, c := range columns {
		at := columnOf(t, c.Name)
		if at < 0 {
			return nil, wrong(t.Name, c.Name, "there is no such column")
		}
		for _, before := range fields[:i] {
			if before.At == at {
				return nil, wrong(t.Name, c.Name, "the column is given twice; once is right")
			}
		}
		fields[i] = Field{Column: t.Columns[at], At: at, table: t.Name, given: c.Type}
	}
	return fields, nil
}

// FieldsToInsert does the same for an insertion. Reserved: it must bring its ids along.
func FieldsToInsert(t *storage.Table, columns []storage.Column, reserved bool) ([]Field, error) {
	fields, err := Fields(t, columns)
	if err != nil {
		return nil, err
	}
	given := make([]bool, len(t.Columns))
	for _, f := range fields {
		given[f.At] = true
	}
	for i, c := range t.Columns {
		switch {
		case given[i]:
		case c.Name == t.ID && reserved:
			return nil, wrong(t.Name, c.Name, "ids of the table are reserved; insert rows with theirs")
		case !c.Null && !c.Default:
			return nil, wrong(t.Name, c.Name, "the column must have a value; give one")
		}
	}
	return fields, nil
}

// FieldsToUpdate does the same for an update by id, and returns the id apart.
func FieldsToUpdate(t *storage.Table, columns []storage.Column) (id Field, fields []Field, err error) {
	if fields, err = Fields(t, columns); err != nil {
		return id, nil, err
	}
	for _, f := range fields {
		if f.Name == t.ID {
			return id, nil, wrong(t.Name, f.Name, "an id cannot be changed")
		}
	}
	id, err = IDOf(t)
	return id, fields, err
}

// IDOf returns the id of a table.
func IDOf(t *storage.Table) (Field, error) {
	if t.ID == "" {
		return Field{}, fmt.Errorf("%w: table %q has no primary key of one column", storage.ErrInvalid, t.Name)
	}
	fields, err := Fields(t, []storage.Column{{Name: t.ID}})
	if err != nil {
		return Field{}, err
	}
	return fields[0], nil
}

func columnOf(t *storage.Table, name string) int {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return i
		}
	}
	return -1
}

func wrong(table, column, what string) error {
	return fmt.Errorf("%w: table %q, column %q: %s", storage.ErrInvalid, table, column, what)
}

// Like returns a value as the table has it, to look for.
func (f *Field) Like(v storage.Value) (storage.Value, error) {
	like, err := v, v.CheckStorable()
	if err == nil && f.given != f.Type {
		like, err = v.As(f.given)
	}
	if err == nil {
		like, err = like.As(f.Type)
	}
	if err != nil {
		return v, f.Wrong(v, err)
	}
	return like, nil
}

// In returns a value as the table has it, to be written.
func (f *Field) In(v storage.Value) (storage.Value, error) {
	if v.IsNull() && !f.Null {
		return v, wrong(f.table, f.Name, "null is not possible; give a value")
	}
	return f.Like(v)
}

// Out returns a value as the call wants it.
func (f *Field) Out(v storage.Value) (storage.Value, error) {
	as, err := v.As(f.Type)
	if err == nil && f.given != f.Type {
		as, err = as.As(f.given)
	}
	if err != nil {
		return v, f.Wrong(v, err)
	}
	return as, nil
}

// Wrong says which column and value an error is about.
func (f *Field) Wrong(v storage.Value, err error) error {
	const most = 100
	text := v.String()
	if len(text) > most {
		text = text[:most] + "…"
	}
	return fmt.Errorf("%w: table %q, column %q, value %s: %w", storage.ErrInvalid, f.table, f.Name, text, err)
}

// Scopes returns, in SQL, that a row is in one of the scopes: or what is always true, if there are none.
func Scopes(in []storage.Scope, always string, condition func(storage.Condition) (string, error)) (string, error) {
	if len(in) == 0 {
		return always, nil
	}
	any := make([]string, len(in))
	for i, scope := range in {
		all := make([]string, 0, len(scope)+1)
		for _, c := range scope {
			text, err := condition(c)
			if err != nil {
				return "", err
			}
			all = append(all, text)
		}
		if len(all) == 0 {
			all = append(all, always)
		}
		any[i] = strings.Join(all, " AND ")
	}
	return "(" + strings.Join(any, " OR ") + ")", nil
}

// Width demands that a row has a value a field.
func Width(table string, fields []Field, row []storage.Value) error {
	if len(row) != len(fields) {
		return fmt.Errorf("%w: table %q: a row has %d values; %d columns are given", storage.ErrInvalid, table, len(row), len(fields))
	}
	return nil
}

// Tuples returns the distinct tuples that fields are to be among, as the table has them.
func Tuples(table string, fields []Field, tuples [][]storage.Value) ([][]storage.Value, error) {
	seen := make(map[string]bool, len(tuples))
	out := make([][]storage.Value, 0, len(tuples))
	for _, tuple := range tuples {
		like := make([]storage.Value, len(tuple))
		if err := Width(table, fields, tuple); err != nil {
			return nil, err
		}
		for i, v := range tuple {
			var err error
			if like[i], err = fields[i].Like(v); err != nil {
				return nil, err
			}
		}
		if k := Key(like); !seen[k] {
			seen[k] = true
			out = append(out, like)
		}
	}
	return out, nil
}

// Key returns values as one text, different for different values.
func Key(values []storage.Value) string {
	b := make([]byte, 0, 64)
	for _, v := range values {
		b = append(b, byte(v.Kind()))
		switch v.Kind() {
		case storage.NullKind:
		case storage.BoolKind, storage.IntKind, storage.TimeKind:
			i, _ := v.As(storage.IntType)
			b = binary.AppendVarint(b, i.Int())
		case storage.FloatKind:
			b = binary.BigEndian.AppendUint64(b, math.Float64bits(v.Float()))
		default:
			b = binary.AppendUvarint(b, uint64(len(v.Text())))
			b = append(b, v.Text()...)
		}
	}
	return string(b)
}

// NewUUID returns a UUID, for ids that a database does not give. It begins with the time (version 7), so that rows which
// come together are together in an index.
func NewUUID() storage.Value {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], uint64(time.Now().UnixMilli())<<16)
	_, _ = rand.Read(b[6:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80
	v, _ := storage.BytesValue(b[:]).As(storage.UUIDType)
	return v
}
