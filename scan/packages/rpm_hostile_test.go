package packages_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/reeve-go/reeve/scan/packages"
)

// problem fails unless a scan went on to its end and said something of the sort.
func (f found) problem(t testing.TB, what, words string) {
	t.Helper()
	if f.err != nil || !strings.Contains(strings.Join(f.problems, "\n"), words) {
		t.Errorf("%s: %v, %q, %v; it should say %q", what, f.keys(), f.problems, f.err, words)
	}
}

// rpmSQLite returns a database with a table of headers.
func rpmSQLite(t testing.TB, headers ...[]byte) []byte {
	t.Helper()
	statements := "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL);"
	for _, h := range headers {
		statements += "INSERT INTO Packages(blob) VALUES (x'" + hex.EncodeToString(h) + "');"
	}
	return sqliteFile(t, statements)
}

// However names and versions are put together, no two packages have one key.
func TestRPMKeysDiffer(t *testing.T) {
	t.Parallel()
	one := func(name, version, arch string) []byte {
		return header(map[uint32]string{1000: name, 1001: version, 1022: arch})
	}
	b := rpmSQLite(t, one("a", "1", "b"), one("a", "2", "b"), one("a", "3", "b=1"), one("a:b", "1", "c"), one("a", "1", "b:c"))
	f := look(t, packages.RPM(nil), rpmTree("rpmdb.sqlite", b), "")
	same(t, "keys", f.keys(), []string{"rpm/a:b:c=1", "rpm/a:b=1", "rpm/a:b=2"})
	same(t, "problems", len(f.problems), 2)
}

// What would move a cursor or end a line is in no version and in no text.
func TestRPMTextsAreForPeople(t *testing.T) {
	t.Parallel()
	for tag, s := range map[uint32]string{1001: "1\x1b[2J", 1002: "1\r", 1022: strings.Repeat("x", 300)} {
		texts := map[uint32]string{1000: "a", 1001: "1", tag: s}
		if p, err := packages.ParseRPM(header(texts)); err == nil {
			t.Errorf("%q: %+v", s, p)
		}
	}
	p, err := packages.ParseRPM(header(map[uint32]string{1000: "a", 1001: "1", 1004: "so\tfar\x1b[2J", 1011: strings.Repeat("é", 3000)}))
	if err != nil || p.Description != "so\tfar" || p.Vendor != strings.Repeat("é", 1024) {
		t.Errorf("%+v, %v", p, err)
	}
}

// A database in the middle of a change is not told as if it were whole; that what it was before is put back is not tried: a journal can name other files.
func TestRPMWithAJournal(t *testing.T) {
	t.Parallel()
	b := unzipped(t, "rpm/rpmdb.sqlite.gz")
	for journal, problems := range map[string]int{"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7": 1, "\x00\x00": 0, "": 0} {
		tree := fstest.MapFS{"var/lib/rpm/rpmdb.sqlite": {Data: b}, "var/lib/rpm/rpmdb.sqlite-journal": {Data: []byte(journal)}}
		f := look(t, packages.RPM(nil), tree, "")
		same(t, "packages", len(f.facts), 4)
		same(t, "problems of "+fmt.Sprintf("%q", journal), len(f.problems), problems)
	}
}

// meanwhile is a file system in which something happens when a file is opened.
type meanwhile struct {
	fs.FS

	file   string
	happen func()
}

func (m meanwhile) Open(name string) (fs.File, error) {
	if name == m.file {
		m.happen()
	}
	return m.FS.Open(name)
}

func TestRPMThatChangesBetweenItsFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "db")
	write := func(name string, b []byte) {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Error(err)
		}
	}
	b := unzipped(t, "rpm/ahead.sqlite.gz")
	write(file, b)
	write(file+"-wal", unzipped(t, "rpm/ahead.sqlite-wal.gz"))
	fsys := meanwhile{os.DirFS(folder), "db-wal", func() { write(file, append(b, 0)) }}
	look(t, packages.RPM(nil), fsys, `{"databases":["db"]}`).problem(t, "a database that changes", "changed while it was read")
}

// What is written ahead counts as a part of the database.
func TestRPMLimitHoldsForBothFiles(t *testing.T) {
	t.Parallel()
	db, wal := unzipped(t, "rpm/ahead.sqlite.gz"), unzipped(t, "rpm/ahead.sqlite-wal.gz")
	tree := fstest.MapFS{"db": {Data: db}, "db-wal": {Data: wal}}
	for more, facts := range map[int]int{0: 4, -1: 3} {
		f := look(t, packages.RPM(nil), tree, fmt.Sprintf(`{"databases":["db"],"max_database":%d}`, len(db)+len(wal)+more))
		same(t, "packages", len(f.facts), facts)
		same(t, "whole", len(f.problems) == 0, more == 0)
	}
}

// SQLite reads a schema to its end, and keeps it, before it reads anything else: one that is too large, or has none, is not shown to it.
func TestRPMWithAHostileSchema(t *testing.T) {
	t.Parallel()
	many := "PRAGMA page_size=512; BEGIN;"
	for i := range 501 {
		many += fmt.Sprintf("CREATE TABLE t%d(a);", i)
	}
	const packed = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)"
	b := sqliteFile(t, many+packed+"; COMMIT")
	look(t, packages.RPM(nil), rpmTree("rpmdb.sqlite", b), "").problem(t, "many tables", "more than 500")

	circle := append([]byte(nil), b...)
	binary.BigEndian.PutUint32(circle[108:], 1)
	for i := range binary.BigEndian.Uint16(circle[103:]) {
		at := binary.BigEndian.Uint16(circle[112+2*i:])
		binary.BigEndian.PutUint32(circle[at:], 1)
	}
	look(t, packages.RPM(nil), rpmTree("rpmdb.sqlite", circle), "").problem(t, "a page that leads to itself", "more than 500")

	for at, what := range map[int]string{16: "powers of two", 100: "none", 103: "none", 112: "none"} {
		broken := append([]byte(nil), b...)
		copy(broken[at:], "\xff\xff")
		look(t, packages.RPM(nil), rpmTree("rpmdb.sqlite", broken), "").problem(t, fmt.Sprintf("nonsense at %d", at), what)
	}
	long := sqliteFile(t, packed+"; CREATE TABLE long (a DEFAULT '"+strings.Repeat("x", 20_000)+"')")
	look(t, packages.RPM(nil), rpmTree("rpmdb.sqlite", long), "").problem(t, "a long statement", "as a database of SQLite")
}

// Many packages that share the pages of one, which breaks off at its end, would have these pages read for each.
func TestRPMWhosePagesAreShared(t *testing.T) {
	t.Parallel()
	const page, tables, pages, pairs = 512, 100, 100, 100
	b := make([]byte, page*(1+tables+pages))
	le := binary.LittleEndian
	le.PutUint32(b[12:], 0x061561)
	le.PutUint32(b[20:], page)
	b[25] = 8
	le.PutUint32(b[88:], tables*pairs)
	for n := 1; n <= tables; n++ {
		p := b[n*page:][:page]
		le.PutUint16(p[20:], 2*pairs)
		p[25] = 13
		const at = page - 12
		for i := range 2 * pairs {
			le.PutUint16(p[26+2*i:], at)
		}
		p[at] = 3
		le.PutUint32(p[at+4:], tables+1)
		le.PutUint32(p[at+8:], pages*400)
	}
	for n := tables + 1; n < tables+pages; n++ { // the last one is none
		p := b[n*page:][:page]
		le.PutUint32(p[16:], uint32(n+1))
		le.PutUint16(p[22:], 400)
		p[25] = 7
	}
	look(t, packages.RPM(nil), rpmTree("Packages", b), "").problem(t, "shared pages", "overlap")
}
