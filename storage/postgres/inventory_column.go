package postgres

import (
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/reeve-go/reeve/storage"
)

// A columnShape is what is known of a column beside what [storage.Column] says.
type columnShape struct {
	number   int16
	oid      uint32 // of its type; that of a domain is what it is of
	modifier int32  // of its type, such as a length; -1: none
	typeName string // in SQL
	domain   bool
	labels   []string

	sent     string                              // the type of what goes to the server, of which there are arrays
	compared string                              // the type in which values are compared
	format   int16                               // in which values come
	read     func([]byte) (storage.Value, error) // nil: what comes is the text
}

// What the server calls a kind of types.
const (
	textCategory = "S"
	enumCategory = "E"
)

const binaryFormat = 1

// builtIn are the types whose values come in the binary format, which no setting changes.
var builtIn = map[uint32]struct {
	typ  storage.ColumnType
	read func([]byte) (storage.Value, error) // nil: they are texts
}{
	pgtype.BoolOID:        {storage.BoolType, readBool},
	pgtype.Int2OID:        {storage.IntType, readInt},
	pgtype.Int4OID:        {storage.IntType, readInt},
	pgtype.Int8OID:        {storage.IntType, readInt},
	pgtype.Float4OID:      {storage.FloatType, readFloat},
	pgtype.Float8OID:      {storage.FloatType, readFloat},
	pgtype.TextOID:        {storage.TextType, nil},
	pgtype.VarcharOID:     {storage.TextType, nil},
	pgtype.BPCharOID:      {storage.TextType, readPadded},
	pgtype.ByteaOID:       {storage.BytesType, readBytes},
	pgtype.DateOID:        {storage.TimeType, readDate},
	pgtype.TimestampOID:   {storage.TimeType, readTime},
	pgtype.TimestamptzOID: {storage.TimeType, readTime},
	pgtype.JSONOID:        {storage.JSONType, nil},
	pgtype.JSONBOID:       {storage.JSONType, readJSONB},
	pgtype.UUIDOID:        {storage.UUIDType, readUUID},
}

// know fills in how to treat the column's type, and returns what that is to an inventory.
func (c *columnShape) know(category string) storage.ColumnType {
	c.sent, c.compared = c.typeName, c.typeName
	known, is := builtIn[c.oid]
	switch {
	case c.oid == pgtype.JSONOID: // which cannot be compared
		c.sent, c.compared = "jsonb", "jsonb"
	case is, category == enumCategory:
	case c.oid == pgtype.NumericOID:
		return storage.NumericType
	case category == textCategory:
		return storage.TextType
	default: // there are no arrays of arrays, and not all types can be compared
		c.sent, c.compared = "text", "text"
	}
	if is {
		c.format, c.read = binaryFormat, known.read
	}
	return known.typ
}

// stored returns an expression of the column's type as it is compared. That of a domain is not what it is of.
func (c *columnShape) stored(expression string) string {
	if c.domain || c.compared != c.typeName {
		return expression + "::" + c.compared
	}
	return expression
}

// given returns an expression of what was sent to be compared, in the form that the column would have it in.
func (c *columnShape) given(expression string) string {
	if c.compared == "text" {
		return expression + "::" + c.typeName + "::text"
	}
	return expression
}
