package postgres

import (
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// DefaultSchema is the schema of the tables in the SQL of this package. Another one is put in its
// place.
const DefaultSchema = "reeve"

// A language turns the SQL of this package into that for one schema.
type language struct {
	schema string
	texts  sync.Map // from the one to the other
}

// text returns a query for the schema. The query is a constant of this package.
func (l *language) text(query string) string {
	if text, ok := l.texts.Load(query); ok {
		return text.(string) //nolint:forcetypeassert // nothing else is stored
	}
	text := l.named(query)
	l.texts.Store(query, text)
	return text
}

// named puts the quoted schema in the place of the default one.
func (l *language) named(query string) string {
	return strings.ReplaceAll(query, DefaultSchema+".", pgx.Identifier{l.schema}.Sanitize()+".")
}
