package machine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os/exec"
	"strings"
)

// A Package is an installed one.
type Package struct {
	// By is what installed it: dpkg or rpm.
	By           string
	Name         string
	Architecture string
	Version      string
}

// Packages yields the installed packages. In a targeted reading there are none.
func (r *Reading) Packages(ctx context.Context) iter.Seq2[Package, error] {
	return func(yield func(Package, error) bool) {
		if r.only != nil {
			return
		}
		switch {
		case r.has("var/lib/dpkg/status"):
			r.dpkgPackages(ctx, yield)
		case r.RPM != nil && (r.has("var/lib/rpm") || r.has("usr/lib/sysimage/rpm")):
			r.rpmPackages(ctx, yield)
		default:
			yield(Package{}, fmt.Errorf("%w: there is neither dpkg nor rpm", ErrNotTold))
		}
	}
}

func (m *Machine) has(file string) bool {
	if m.Root == nil {
		return false
	}
	_, err := fs.Stat(m.Root, file)
	return err == nil
}

// dpkgPackages reads dpkg's own file: for each package lines of name: value, in which what goes on begins with a
// space, and then an empty line. It also has packages that were removed.
func (m *Machine) dpkgPackages(ctx context.Context, yield func(Package, error) bool) {
	p, installed := Package{By: "dpkg"}, false
	more := true
	end := func() {
		if installed && p.Name != "" {
			more = yield(p, nil)
		}
		p, installed = Package{By: "dpkg"}, false
	}
	for line, err := range m.lines(ctx, "var/lib/dpkg/status") {
		if err != nil {
			yield(Package{}, err)
			return
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch name {
		case "":
			end()
		case "Package":
			p.Name = printable(value)
		case "Architecture":
			p.Architecture = printable(value)
		case "Version":
			p.Version = printable(value)
		case "Status":
			installed = strings.HasSuffix(value, " installed")
		}
		if !more {
			return
		}
	}
	end()
}

// Query is what rpm is asked with --queryformat.
const Query = `%{NAME}\t%{ARCH}\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\n`

// rpm returns a function that asks the program of that name; nil: there is none.
func rpm() func(context.Context) (io.Reader, error) {
	program, err := exec.LookPath("rpm")
	if err != nil {
		return nil
	}
	return func(ctx context.Context) (io.Reader, error) {
		out, err := exec.CommandContext(ctx, program, "-qa", "--queryformat", Query).Output()
		return bytes.NewReader(out), err
	}
}

func (m *Machine) rpmPackages(ctx context.Context, yield func(Package, error) bool) {
	answer, err := m.RPM(ctx)
	if err != nil {
		yield(Package{}, fmt.Errorf("rpm: %w", err))
		return
	}
	for line, err := range linesOf(ctx, answer) {
		fields := strings.Split(line, "\t")
		if err == nil && len(fields) != 3 {
			err = fmt.Errorf("rpm answers %q; name, architecture and version are right", line)
		}
		if err != nil {
			yield(Package{}, err)
			return
		}
		version := strings.TrimPrefix(fields[2], "0:")
		if !yield(Package{"rpm", printable(fields[0]), printable(fields[1]), printable(version)}, nil) {
			return
		}
	}
}
