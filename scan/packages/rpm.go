package packages

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
)

// RPMConfig is the configuration of [RPM].
type RPMConfig struct {
	// Databases are the files to read. Nil: in each of the usual folders, the one that rpm reads.
	Databases []string `json:"databases,omitempty"`
	// MaxDatabase is how many bytes a database may have, with what was written ahead of it; zero: 1 GiB. A larger one is noted. In the folder for temporary
	// files there must be room for so many, twice, for each of the databases.
	MaxDatabase int64 `json:"max_database,omitempty"`
}

// Where rpm keeps its database, and what it is called, the newest form first: an older one beside it is a left-over.
var (
	rpmFolders = []string{"var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"}
	rpmFiles   = []string{"rpmdb.sqlite", "Packages.db", "Packages"}
)

// RPM returns the scanner of rpm's packages, in a database of SQLite, ndb or BerkeleyDB: as "rpm/NAME:ARCH", or "rpm/NAME:ARCH=VERSION" if several versions of one
// are installed, with a [Package]. Its configuration is an [RPMConfig].
func RPM(o *Options) scan.Scanner {
	temp := ""
	if o != nil {
		temp = o.Temp
	}
	return category.NewScanner(category.Spec{
		Of: "packages", Category: CategoryRPM, Version: "1", Scope: rpmScope,
		Scan: func(ctx context.Context, in scan.Input, emit scan.Emit) error { return scanRPM(ctx, in, temp, emit) },
	})
}

// rpmScope returns what is read: the databases, and what belongs to them.
func rpmScope(config json.RawMessage) ([]string, error) {
	c, err := rpmConfig(config)
	if c.Databases == nil {
		return rpmFolders, err
	}
	places := make([]string, 0, 3*len(c.Databases))
	for _, file := range c.Databases {
		places = append(places, file, file+walSuffix, file+journalSuffix)
	}
	return places, err
}

func rpmConfig(config json.RawMessage) (RPMConfig, error) {
	var c RPMConfig
	if err := category.Decode(config, &c); err != nil {
		return c, err
	}
	if c.MaxDatabase < 0 {
		return c, category.BadConfig(errors.New("max_database must not be negative"))
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
