package sqlite

import (
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// DefaultPrefix is what the names of the tables begin with in the SQL of this package. Another prefix
// is put in its place.
const DefaultPrefix = "reeve_"

// rowsMark stands in a statement where the rows of its VALUES go.
const rowsMark = "{rows}"

// A statement is SQL for a number of rows. Its query is a constant of this package. A limit in it is
// "? + 0": for a mere parameter SQLite looks at the value when it plans, and so plans at each call.
type statement struct {
	query string
	rows  int
}

// A language turns statements into SQL for one prefix.
type language struct {
	prefix string
	texts  sync.Map // statement to string
}

// text returns the SQL of a statement whose rows have width values each.
func (l *language) text(st statement, width int) string {
	if text, ok := l.texts.Load(st); ok {
		return text.(string) //nolint:forcetypeassert // nothing else is stored
	}
	text := l.named(st.query)
	if st.rows > 0 {
		row := "(?" + strings.Repeat(", ?", width-1) + ")"
		text = strings.ReplaceAll(text, rowsMark, row+strings.Repeat(", "+row, st.rows-1))
	}
	l.texts.Store(st, text)
	return text
}

var columnOfV = regexp.MustCompile(`\bv\.\w+`)

// inPlace returns a query on one row v with parameters in the places of v's columns, whose names are
// given in their order.
func inPlace(names, query string) string {
	columns := strings.Split(names, ", ")
	return columnOfV.ReplaceAllStringFunc(query, func(column string) string {
		return "?" + strconv.Itoa(1+slices.Index(columns, strings.TrimPrefix(column, "v.")))
	})
}

// named puts the prefix into a query.
func (l *language) named(query string) string {
	return strings.ReplaceAll(query, DefaultPrefix, l.prefix)
}

// A pool is a handle with the statements that were prepared on it. It is safe for concurrent use.
type pool struct {
	db       *sql.DB
	mu       sync.Mutex
	prepared map[statement]*sql.Stmt
}

func newPool(db *sql.DB) *pool { return &pool{db: db, prepared: map[statement]*sql.Stmt{}} }

// find returns the prepared statement; nil if there is none yet.
func (p *pool) find(st statement) *sql.Stmt {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.prepared[st]
}

// prepare prepares a statement for later calls. It needs a connection, so nobody who holds one may
// call it. A failure is of no consequence: the statement's text does as well, only slower.
func (p *pool) prepare(ctx context.Context, st statement, text string) *sql.Stmt {
	if found := p.find(st); found != nil {
		return found
	}
	made, err := p.db.PrepareContext(ctx, text)
	if err != nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.prepared[st] != nil { // another was faster
		_ = made.Close()
	} else {
		p.prepared[st] = made
	}
	return p.prepared[st]
}
