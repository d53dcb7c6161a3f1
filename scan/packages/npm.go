package packages

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
)

const (
	npmManifest    = "package.json"
	npmModules     = "node_modules"
	maxNPMManifest = 4 << 20
	maxNPMLock     = 32 << 20 // a part that is passed over is for a moment in memory, twice
)

// NPM returns the scanner of npm's packages: those in folders called node_modules, as "npm/FOLDER", and those that a package-lock.json or an
// npm-shrinkwrap.json asks for, as "npm/FILE#FOLDER", with a [Package]. Its configuration is a [WalkConfig].
func NPM() scan.Scanner {
	return category.NewScanner(category.Spec{Of: "packages", Category: CategoryNPM, Version: "1", Scan: scanNPM, Scope: walkScope})
}

func scanNPM(_ context.Context, in scan.Input, emit scan.Emit) error {
	c, err := walkConfig(in.Config)
	if err != nil {
		return err
	}
	return c.walk(in.Tree, func(name string, e fs.DirEntry) error {
		if e.Type() != 0 {
			return nil
		}
		switch folder := path.Dir(name); {
		case e.Name() == npmManifest && inModules(folder):
			return tellNPM(in.Tree, name, e, emit)
		case e.Name() == "package-lock.json", e.Name() == "npm-shrinkwrap.json":
			return read(in.Tree, name, e, maxNPMLock, func(r io.Reader) (broken, ends error) {
				l := &npmLock{json: npmJSON(r), told: map[string]bool{}, emit: func(folder string, p *Package) error {
					p.Path = category.Text(name)
					return emit("npm/"+name+"#"+folder, p)
				}}
				return l.read()
			})
		}
		return nil
	})
}

// inModules reports whether a folder is that of a package: right in a folder called node_modules, or in a scope there.
func inModules(folder string) bool {
	up := path.Dir(folder)
	if strings.HasPrefix(path.Base(up), "@") {
		up = path.Dir(up)
	} else if strings.HasPrefix(path.Base(folder), "@") {
		return false
	}
	return path.Base(up) == npmModules
}

func tellNPM(t *scan.Tree, name string, e fs.DirEntry, emit scan.Emit) error {
	return read(t, name, e, maxNPMManifest, func(r io.Reader) (broken, ends error) {
		f := npmObject{}
		if err := npmJSON(r).Decode(&f); err != nil {
			return errors.New("is not a package.json: " + jsonError(err)), nil
		}
		called, version := f.text("name"), f.text("version")
		if !isNPMName(called) || !isName(version) {
			return errors.New("does not name a package and its version"), nil
		}
		folder := path.Dir(name)
		p := &Package{
			Package: inspect.Package{
				Name: called, Version: version, Description: word(f["description"], ""), Homepage: word(f["homepage"], "url"),
				Maintainer: word(f["author"], "name"), State: Installed,
			},
			Path: category.Text(folder),
		}
		p.License = word(f["license"], "type")
		if p.License == "" {
			p.License = word(f["licenses"], "type")
		}
		p.SPDX = isExpression(p.License)
		return nil, emit("npm/"+folder, p)
	})
}
