package packages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/reeve-go/reeve/scan"
)

// RPMConfig is the configuration of [RPM].
type RPMConfig struct {
	// Databases are the files to read. Nil: in each of the usual folders, the one that rpm reads.
	Databases []string `json:"databases,omitempty"`
	// MaxDatabase is how many bytes a database may have; zero: 1 GiB. A larger one is noted. There must be room for so many in the folder for temporary files.
	MaxDatabase int64 `json:"max_database,omitempty"`
}

// Where rpm keeps its database, and what it is called, the newest form first: an older one beside it is a left-over.
var (
	rpmFolders = []string{"var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"}
	rpmFiles   = []string{"rpmdb.sqlite", "Packages.db", "Packages"}
)

// maxPackages is how many packages of rpm are told.
const maxPackages = 500_000

// RPM returns the scanner of rpm's packages, in a database of SQLite, ndb or BerkeleyDB: as "rpm/NAME:ARCH", or "rpm/NAME:ARCH=VERSION" if several versions of one
// are installed, with a [Package]. Its configuration is an [RPMConfig].
func RPM(o *Options) scan.Scanner {
	temp := ""
	if o != nil {
		temp = o.Temp
	}
	return &scanner{
		category: CategoryRPM, version: "1",
		scan: func(ctx context.Context, in scan.Input, emit scan.Emit) error { return scanRPM(ctx, in, temp, emit) },
		scope: func(config json.RawMessage) ([]string, error) {
			c, err := rpmConfig(config)
			if c.Databases == nil {
				return rpmFolders, err
			}
			places := make([]string, 0, 2*len(c.Databases))
			for _, file := range c.Databases {
				places = append(places, file, file+walSuffix)
			}
			return places, err
		},
	}
}

func rpmConfig(config json.RawMessage) (RPMConfig, error) {
	var c RPMConfig
	if err := decodeConfig(config, &c); err != nil {
		return c, err
	}
	if c.MaxDatabase < 0 {
		return c, badConfig(errors.New("max_database must not be negative"))
	}
	if c.MaxDatabase == 0 {
		c.MaxDatabase = 1 << 30
	}
	return c, checkPlaces("databases", c.Databases)
}

func scanRPM(ctx context.Context, in scan.Input, temp string, emit scan.Emit) error {
	c, err := rpmConfig(in.Config)
	if err != nil {
		return err
	}
	files := c.Databases
	if files == nil {
		files = rpmDatabases(in.Tree)
	}
	var all rpmSet
	defer func() { all.close() }()
	for _, file := range files {
		if err := all.add(in.Tree, file, temp, c.MaxDatabase); err != nil {
			return err
		}
	}
	return all.tell(ctx, in.Tree, emit)
}

// rpmDatabases returns the databases in the usual folders. One that is there and cannot be looked at the tree has noted.
func rpmDatabases(t *scan.Tree) (files []string) {
	for _, folder := range rpmFolders {
		for _, name := range rpmFiles {
			file := path.Join(folder, name)
			if _, err := t.Stat(file); !errors.Is(err, fs.ErrNotExist) {
				files = append(files, file)
				break
			}
		}
	}
	return files
}

// rpmSet are the databases of a target.
type rpmSet []*rpmDatabase

// add adds a database, unless it is one that is there already under another name: one of the usual folders is often a link to another.
func (s *rpmSet) add(t *scan.Tree, file, temp string, most int64) error {
	db, err := copyRPM(t, file, temp, most)
	if err != nil || db == nil {
		return err
	}
	for _, other := range *s {
		if other.digest == db.digest {
			db.close()
			return nil
		}
	}
	*s = append(*s, db)
	return nil
}

func (s rpmSet) close() {
	for _, db := range s {
		db.close()
	}
}

// tell emits the packages. It reads twice: only then it knows of which packages there are several versions, whatever order they come in.
func (s rpmSet) tell(ctx context.Context, t *scan.Tree, emit scan.Emit) error {
	count, left := map[string]int{}, maxPackages
	err := s.each(ctx, func(string, error) {}, func(_ *rpmDatabase, p *Package) error {
		if left--; left < 0 {
			return errEnough
		}
		count[rpmKey(p)]++
		return nil
	})
	if errors.Is(err, errEnough) {
		t.Note(s[0].name, fmt.Errorf("there are more than %d packages; only so many are told", maxPackages))
		err = nil
	}
	if err != nil {
		return err
	}
	told, left := map[string]bool{}, maxPackages
	err = s.each(ctx, t.Note, func(db *rpmDatabase, p *Package) error {
		if left--; left < 0 {
			return errEnough
		}
		key := rpmKey(p)
		if count[key] > 1 {
			key += "=" + p.Version
			if told[key] {
				t.Note(db.name, fmt.Errorf("%s %s is in it a second time", p.Name, p.Version))
				return nil
			}
			told[key] = true
		}
		return emit(key, p)
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

var errEnough = errors.New("that is enough")

func rpmKey(p *Package) string { return "rpm/" + p.Name + ":" + p.Arch }

// each calls f for the packages of all databases, and note for what is broken.
func (s rpmSet) each(ctx context.Context, note func(string, error), f func(*rpmDatabase, *Package) error) error {
	for _, db := range s {
		err := db.each(ctx, func(header []byte, err error) error {
			var p *Package
			if err == nil {
				p, err = parseRPM(header)
			}
			if err != nil {
				note(db.name, err)
				return nil
			}
			return f(db, p)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
