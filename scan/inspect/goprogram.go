package inspect

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
)

// maxModules is how many modules of a program are told.
const maxModules = 10_000

// A GoProgram is what a program says of how Go built it.
type GoProgram struct {
	// Go is the version of the toolchain, Path the package of its main function.
	Go   string `json:"go"`
	Path string `json:"path,omitempty"`
	// Main is the module of that package, Modules are those that it was linked with, in the order of their paths.
	Main    *Module  `json:"main,omitempty"`
	Modules []Module `json:"modules,omitempty"`
	// Settings say how it was built, such as GOOS and vcs.revision.
	Settings map[string]string `json:"settings,omitempty"`
}

// A Module is a module of Go in a program.
type Module struct {
	Path    string `json:"path"`
	Version string `json:"version,omitempty"`
	Sum     string `json:"sum,omitempty"`
	// Replaces is the path of the module that this one is there for.
	Replaces string `json:"replaces,omitempty"`
}

// scanGo tells of the programs among the files that are meant.
func scanGo(ctx context.Context, t *scan.Tree, globs globSet, most int64, emit scan.Emit) error {
	return walk(t, globs, nil, func(name string, e fs.DirEntry) error {
		if !e.Type().IsRegular() {
			return nil
		}
		info, err := e.Info()
		if err != nil || info.Mode()&0o111 == 0 {
			return nil //nolint:nilerr // what has vanished meanwhile is not there
		}
		program, err := readGo(ctx, t, name, most)
		if err != nil {
			t.Note(name, err)
		}
		if program == nil {
			return nil
		}
		return emit("go/"+name, program)
	})
}

// readGo returns what a file says of how Go built it; nil: it was not built by Go.
func readGo(ctx context.Context, t *scan.Tree, name string, most int64) (program *GoProgram, err error) {
	f, err := t.Open(name)
	if err != nil {
		return nil, nil // the tree has noted it
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	r, err := elfReader(f, info.Size())
	if err != nil || r == nil {
		return nil, err
	}
	if info.Size() > most {
		return nil, fmt.Errorf("a program of %d bytes is not looked into, %d are the most", info.Size(), most)
	}
	// The reader of ELF files is not made for those that mean harm.
	defer func() {
		if p := recover(); p != nil {
			program, err = nil, errors.New("it cannot be read as a program")
		}
	}()
	build, err := buildinfo.Read(&patient{ctx: ctx, r: r, size: info.Size(), left: 4 * most})
	if errors.Is(err, errImpatient) {
		return nil, err
	}
	if err != nil {
		return nil, nil // it is a program in another language
	}
	return goProgram(build), nil
}

func goProgram(b *debug.BuildInfo) *GoProgram {
	p := &GoProgram{Go: category.Text(b.GoVersion), Path: category.Text(b.Path)}
	if b.Main.Path != "" {
		main := goModule(&b.Main)
		p.Main = &main
	}
	for _, m := range b.Deps[:min(len(b.Deps), maxModules)] {
		p.Modules = append(p.Modules, goModule(m))
	}
	if len(b.Settings) > 0 {
		p.Settings = make(map[string]string, len(b.Settings))
	}
	for _, s := range b.Settings {
		p.Settings[category.Text(s.Key)] = category.Text(s.Value)
	}
	return p
}

func goModule(m *debug.Module) Module {
	replaces := ""
	if m.Replace != nil {
		m, replaces = m.Replace, category.Text(m.Path)
	}
	return Module{Path: category.Text(m.Path), Version: category.Text(m.Version), Sum: category.Text(m.Sum), Replaces: replaces}
}
