package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
)

// SoftwareConfig is the configuration of [Software].
type SoftwareConfig struct {
	// Binaries are globs, as in [FilesConfig], of the files that may be programs written in Go. Nil: the usual places; an empty list: none.
	Binaries []string `json:"binaries,omitempty"`
	// MaxBinary is how many bytes a program may have to be looked into; zero: 1 GiB. A larger one is noted.
	MaxBinary int64 `json:"max_binary,omitempty"`
}

// usualBinaries are where programs are. Links are not followed, so that each is met once.
var usualBinaries = []string{
	"bin/*", "sbin/*", "usr/bin/*", "usr/sbin/*", "usr/local/bin/*", "usr/local/sbin/*", "usr/local/go/bin/*", "opt/**",
	"root/go/bin/*", "home/*/go/bin/*",
}

const (
	dpkgStatus = "var/lib/dpkg/status"
	dpkgFolder = "var/lib/dpkg/status.d"
)

// Software returns the scanner of installed software: dpkg's packages, as "dpkg/NAME:ARCH" with a [Package], and programs that were built by Go,
// as "go/PATH" with a [GoProgram]. Its configuration is a [SoftwareConfig].
func Software() scan.Scanner {
	return category.NewScanner(category.Spec{Of: "inspect", Category: "software", Version: "1", Scan: scanSoftware, Scope: func(config json.RawMessage) ([]string, error) {
		_, globs, err := softwareConfig(config)
		return append([]string{dpkgStatus, dpkgFolder}, globs.roots()...), err
	}})
}

func softwareConfig(config json.RawMessage) (SoftwareConfig, globSet, error) {
	var c SoftwareConfig
	if err := category.Decode(config, &c); err != nil {
		return c, nil, err
	}
	if c.MaxBinary < 0 {
		return c, nil, category.BadConfig(errors.New("max_binary must not be negative"))
	}
	if c.MaxBinary == 0 {
		c.MaxBinary = 1 << 30
	}
	if c.Binaries == nil {
		c.Binaries = usualBinaries
	}
	globs, err := compileGlobs(c.Binaries)
	return c, globs, err
}

func scanSoftware(ctx context.Context, in scan.Input, emit scan.Emit) error {
	config, globs, err := softwareConfig(in.Config)
	if err != nil {
		return err
	}
	if err := scanDpkg(in.Tree, emit); err != nil {
		return err
	}
	return scanGo(ctx, in.Tree, globs, config.MaxBinary, emit)
}

// scanDpkg reads dpkg's status, and the folder that images without dpkg have in its place: a file for each package.
func scanDpkg(t *scan.Tree, emit scan.Emit) error {
	keys := namer{}
	tell := func(file string) error {
		_, err := parse(t, file, maxStream, func(l *lines) error {
			return parseDpkg(l, func(p Package) error {
				key, first := keys.key("dpkg/" + p.Name + ":" + p.Arch)
				if !first {
					l.notef("ends a stanza of a package that was there before: %s", p.Name)
				}
				return emit(key, p)
			})
		})
		return err
	}
	if err := tell(dpkgStatus); err != nil {
		return err
	}
	return eachFile(t, dpkgFolder, func(name string, _ fs.DirEntry) error {
		if strings.HasSuffix(name, ".md5sums") {
			return nil
		}
		return tell(path.Join(dpkgFolder, name))
	})
}
