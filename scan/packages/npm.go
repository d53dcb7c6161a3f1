package packages

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
)

const (
	npmManifest    = "package.json"
	npmModules     = "node_modules"
	maxNPMManifest = 4 << 20
	maxNPMLock     = 128 << 20
)

// NPM returns the scanner of npm's packages: those in folders called node_modules, as "npm/FOLDER", and those that a package-lock.json or an
// npm-shrinkwrap.json asks for, as "npm/FILE#FOLDER", with a [Package]. Its configuration is a [WalkConfig].
func NPM() scan.Scanner {
	return &scanner{category: CategoryNPM, version: "1", scan: scanNPM, scope: walkScope}
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
				l := &npmLock{json: json.NewDecoder(r), told: map[string]bool{}, emit: func(folder string, p *Package) error {
					p.Path = name
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

// npmFile is what is told of a package.json. What has different types in the wild is taken as it is.
type npmFile struct {
	Name        string          `json:"name"`
	Version     string          `json:"version"`
	Description json.RawMessage `json:"description"`
	Homepage    json.RawMessage `json:"homepage"`
	License     json.RawMessage `json:"license"`
	Licenses    json.RawMessage `json:"licenses"`
	Author      json.RawMessage `json:"author"`
}

func tellNPM(t *scan.Tree, name string, e fs.DirEntry, emit scan.Emit) error {
	return read(t, name, e, maxNPMManifest, func(r io.Reader) (broken, ends error) {
		var f npmFile
		if err := json.NewDecoder(r).Decode(&f); err != nil {
			return errors.New("is not a package.json: " + jsonError(err)), nil
		}
		if !isName(f.Name) || !isName(f.Version) {
			return errors.New("does not name a package and its version"), nil
		}
		folder := path.Dir(name)
		p := &Package{
			Package: inspect.Package{
				Name: f.Name, Version: f.Version, Description: word(f.Description, ""), Homepage: word(f.Homepage, "url"),
				Maintainer: word(f.Author, "name"), State: Installed,
			},
			Path: folder,
		}
		p.License = word(f.License, "type")
		if p.License == "" {
			p.License = word(f.Licenses, "type")
		}
		p.SPDX = isExpression(p.License)
		return nil, emit("npm/"+folder, p)
	})
}

// word returns a text that may be written in its place, in a field of an object, or in the first of a list of these.
func word(raw json.RawMessage, field string) string {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
		raw = list[0]
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return text(s)
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) == nil && json.Unmarshal(object[field], &s) == nil {
		return text(s)
	}
	return ""
}

// jsonError says what is wrong with JSON, without any of it: there may be secrets in it.
func jsonError(err error) string {
	if at, ok := errors.AsType[*json.SyntaxError](err); ok {
		return "its JSON is broken: " + at.Error()
	}
	if at, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "its " + text(at.Field) + " is a " + strings.Fields(at.Value + " ")[0]
	}
	return "its JSON is broken or ends too early"
}
