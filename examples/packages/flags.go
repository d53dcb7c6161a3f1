package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/reeve-go/reeve/examples/internal/refreshing"
)

// The settings say what a run is asked for.
type settings struct {
	db       string
	folder   string
	name     string // of the target
	document string // the file for it
	json     bool
}

const introduction = `Packages keeps an inventory of the software in a target, which is a folder that is
scanned as if it were the root of a machine: packages of dpkg, rpm, npm and Python, and
programs that Go built. Nothing is written there, and no program of it is started.

Each run scans all of it, and writes into an SQLite file what has changed: which packages
there are, and in which version and where they are installed. The changes are shown, of
many the first ones. What cannot be read is said, and nothing is removed for its sake.

-cyclonedx writes what was found as a bill of materials as well, as XML if the file's name
ends in .xml, and else as JSON.

Exit codes: 0; 1: something went wrong; 2: called wrongly. Errors go to standard error.

Flags:
`

func (s *settings) flags() *flag.FlagSet {
	f := flag.NewFlagSet("packages", flag.ContinueOnError)
	f.SetOutput(new(strings.Builder))
	f.StringVar(&s.db, "db", "", "keep the inventory in this `file` (default reeve/packages.db in the user's cache)")
	f.StringVar(&s.folder, "target", "/", "scan this `folder`, and no other file system")
	f.StringVar(&s.name, "name", "", "the `name` under which the target is kept (default its path)")
	f.StringVar(&s.document, "cyclonedx", "", "write a bill of materials to this `file`")
	f.BoolVar(&s.json, "json", false, "write one JSON object")
	return f
}

// help returns what -help shows.
func help() string { return refreshing.Help(introduction, new(settings).flags()) }

// parseFlags reads the settings from the arguments. It gives flag.ErrHelp if help was asked for.
func parseFlags(args []string) (*settings, error) {
	s := &settings{}
	f := s.flags()
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("%q is more than flags", f.Args())
	}
	if s.folder == "" {
		return nil, errors.New("-target is empty; a folder is right")
	}
	if s.name == "" {
		var err error
		if s.name, err = filepath.Abs(s.folder); err != nil {
			return nil, err
		}
	}
	if s.db == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("this user has no cache folder (%w); give a file with -db", err)
		}
		s.db = filepath.Join(cache, "reeve", "packages.db")
	}
	return s, nil
}
