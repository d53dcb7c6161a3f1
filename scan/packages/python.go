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

// maxMetadata is how many bytes the description of a package of Python may have; the long text at its end is not read.
const maxMetadata = 1 << 20

// Python returns the scanner of Python's packages: those with a folder called NAME.dist-info or NAME.egg-info, or a file called NAME.egg-info, as "python/PATH" of
// that, with a [Package]. Its configuration is a [WalkConfig].
func Python() scan.Scanner {
	return category.NewScanner(category.Spec{Of: "packages", Category: CategoryPython, Version: "1", Scan: scanPython, Scope: walkScope})
}

func scanPython(_ context.Context, in scan.Input, emit scan.Emit) error {
	c, err := walkConfig(in.Config)
	if err != nil {
		return err
	}
	return c.walk(in.Tree, func(name string, e fs.DirEntry) error {
		place, ok := pythonPlace(name)
		if e.Type() != 0 || !ok {
			return nil
		}
		return read(in.Tree, name, e, maxMetadata, func(r io.Reader) (broken, ends error) {
			p, err := parsePython(r)
			if p == nil {
				return err, nil
			}
			p.Path = category.Text(place)
			return err, emit("python/"+place, p)
		})
	})
}

// pythonPlace returns what a file describes, if it describes a package.
func pythonPlace(name string) (string, bool) {
	folder, file := path.Split(name)
	folder = strings.TrimSuffix(folder, "/")
	switch {
	case file == "METADATA" && strings.HasSuffix(folder, ".dist-info"),
		file == "PKG-INFO" && strings.HasSuffix(folder, ".egg-info"),
		file == "PKG-INFO" && path.Base(folder) == "EGG-INFO":
		return folder, true
	case strings.HasSuffix(file, ".egg-info"):
		return name, true
	}
	return "", false
}

// parsePython reads the fields before the first empty line: lines of Name: value, of which those that begin with a space go on with the one before. Without a
// package there is an error; beside one, there may be.
func parsePython(r io.Reader) (*Package, error) {
	fields, classified, err := pythonFields(r)
	p := &Package{
		Package: inspect.Package{
			Name: fields["name"], Version: fields["version"], Description: fields["summary"], Homepage: fields["home-page"],
			Maintainer: fields["author"], State: Installed,
		},
		License: fields["license-expression"],
	}
	for _, other := range []string{fields["author-email"], fields["maintainer"], fields["maintainer-email"]} {
		if p.Maintainer == "" {
			p.Maintainer = other
		}
	}
	if !isName(p.Name) || !isName(p.Version) {
		return nil, errors.Join(errors.New("does not name a package and its version"), err)
	}
	switch {
	case p.License != "":
		p.SPDX = isExpression(p.License)
	case fields["license"] != "" && fields["license"] != "UNKNOWN":
		p.License = fields["license"]
	default:
		p.License = classified
	}
	return p, err
}
