package sqlite

import (
	"net/url"
	"path/filepath"
	"strings"
)

// DSN returns a data source name for the file at path, which modernc.org/sqlite and
// github.com/ncruces/go-sqlite3 understand. On every connection it sets a write-ahead log,
// synchronous=FULL and a busy timeout of ten seconds, and it begins transactions as writers. Foreign
// keys are left as they are: the store uses none.
//
// The path ":memory:" names a database in memory, a separate one for each connection: limit the
// handle to one, and do not let it be closed when it is idle.
func DSN(path string) string { return (*Options)(nil).DSN(path) }

// DSN is [DSN] for a store with these options: it sets synchronous as they say. Nil is the same as the
// zero value.
func (o *Options) DSN(path string) string {
	level := levelFull
	if o != nil {
		level = o.Synchronous.level()
	}
	name := (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()
	switch {
	case strings.HasPrefix(name, "/"):
		name = "//" + name
	case filepath.VolumeName(path) != "": // a drive's letter
		name = "///" + name
	}
	return "file:" + name +
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(" + level.String() + ")&_txlock=immediate"
}
