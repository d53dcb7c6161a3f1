package packages

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/reeve-go/reeve/scan"
)

const (
	// walSuffix is what the file of SQLite's changes is called that are not in the database yet.
	walSuffix = "-wal"
	// journalSuffix is what the file is called that has what was in the database before a change that was not finished.
	journalSuffix = "-journal"
)

// copyRPM copies a database into a folder of its own; nil: there is none that can be read, and the tree has noted why.
func copyRPM(t *scan.Tree, name, temp string, most int64) (*rpmDatabase, error) {
	folder, err := os.MkdirTemp(temp, "reeve-rpm-")
	if err != nil {
		return nil, noRoom(err)
	}
	db := &rpmDatabase{name: name, folder: folder, most: most, sum: sha256.New()}
	there, err := db.copy(t, name, "db", func(file *os.File) error {
		db.file = file
		if head := make([]byte, len(sqliteMagic)); !isSQLite(file, head) {
			return nil
		}
		noteJournal(t, name+journalSuffix)
		_, err := db.copy(t, name+walSuffix, "db"+walSuffix, (*os.File).Close)
		return err
	})
	if err != nil || !there {
		db.close()
		return nil, err
	}
	return db, nil
}

func noRoom(err error) error {
	return scan.AgentFault(fmt.Errorf("no room for a copy of the database: %w", err))
}

// copy copies a file that is in the tree, and calls then with the copy before it looks whether the file was changed meanwhile. Not there: it cannot be read
// either, which the tree has noted. An error is one of this machine.
func (db *rpmDatabase) copy(t *scan.Tree, name, as string, then func(*os.File) error) (there bool, err error) {
	if _, err := t.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	to, err := os.Create(filepath.Join(db.folder, as)) //nolint:gosec // both are this package's own
	if err != nil {
		return false, noRoom(err)
	}
	var local error
	_, failed := t.ReadEntry(name, nil, func(r io.Reader, was fs.FileInfo) error {
		limited := &io.LimitedReader{R: r, N: db.most - db.size + 1}
		if was.Size() >= limited.N {
			return fmt.Errorf("a database of %d bytes is not read, %d are the most", db.size+was.Size(), db.most)
		}
		n, err := io.Copy(&strict{io.MultiWriter(to, db.sum), &local}, limited)
		db.size += n
		switch {
		case err != nil:
			return err
		case limited.N == 0:
			return fmt.Errorf("a database of more than %d bytes is not read", db.most)
		}
		local = then(to)
		return local
	})
	if failed == nil {
		return true, nil
	}
	_ = to.Close()
	if local != nil {
		return false, local
	}
	if _, noted := errors.AsType[*fs.PathError](failed); !noted {
		t.Note(name, failed)
	}
	return false, nil
}

// noteJournal notes a change to a database of SQLite that was neither finished nor taken back. It is not taken back here: a journal can have SQLite remove other files.
func noteJournal(t *scan.Tree, name string) {
	if _, err := t.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return
	}
	_, _ = t.ReadEntry(name, nil, func(r io.Reader, _ fs.FileInfo) error { // the tree has noted what cannot be read
		first := make([]byte, 1)
		if n, _ := io.ReadFull(r, first); n == 1 && first[0] != 0 {
			t.Note(name, errors.New("has a change to the database that was not finished, and is not taken back"))
		}
		return nil
	})
}

// strict remembers that a write failed, to tell that from a read that failed.
type strict struct {
	w   io.Writer
	err *error
}

func (s *strict) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		*s.err = noRoom(err)
	}
	return n, err
}
