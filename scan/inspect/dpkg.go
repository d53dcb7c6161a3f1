package inspect

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/reeve-go/reeve/internal/category"
)

// A Package is what dpkg knows of a package. An empty field: it does not say.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Arch    string `json:"arch,omitempty"`
	// Source is the source package that it was built from, and SourceVersion that one's version; empty: as the package's own.
	Source        string `json:"source,omitempty"`
	SourceVersion string `json:"source_version,omitempty"`
	Section       string `json:"section,omitempty"`
	Maintainer    string `json:"maintainer,omitempty"`
	Homepage      string `json:"homepage,omitempty"`
	// Description is its first line.
	Description string `json:"description,omitempty"`
	// State is installed, or what else dpkg calls it: config-files, half-installed, unpacked, half-configured, triggers-pending… Hold: it is to stay at its
	// version.
	State string `json:"state"`
	Hold  bool   `json:"hold,omitempty"`
	// Size is about how many bytes it takes, as it says itself.
	Size int64 `json:"size,omitempty"`
}

// parseDpkg reads a text of stanzas, such as dpkg's status file, and yields a package for each. A stanza that does not name its package is noted and
// left out; what else is broken is noted, and the rest of the stanza told.
func parseDpkg(l *lines, yield func(Package) error) error {
	s := stanza{lines: l}
	for l.next() {
		switch line := l.text; {
		case len(bytes.TrimSpace(line)) == 0:
			if err := s.end(yield); err != nil {
				return err
			}
		case line[0] == ' ' || line[0] == '\t':
			// Of fields with several lines the first one is enough.
		default:
			s.field(line)
		}
	}
	return s.end(yield)
}

// stanza is what was read of a package so far.
type stanza struct {
	*lines

	began  bool
	fields map[string]string
}

// told reports whether a field of a package is told; the others may be of any size and number.
func told(field string) bool {
	switch field {
	case "package", "version", "architecture", "source", "section", "maintainer", "homepage", "description", "status", "installed-size":
		return true
	}
	return false
}

func (s *stanza) field(line []byte) {
	s.began = true
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(name) > category.MaxName {
		s.notef("is no field of a package: it has no colon after a name")
		return
	}
	key := strings.ToLower(string(name))
	if !told(key) {
		return
	}
	if _, doubled := s.fields[key]; doubled {
		s.notef("says %s a second time", key)
		return
	}
	if s.fields == nil {
		s.fields = map[string]string{}
	}
	s.fields[key] = category.Text(bytes.TrimSpace(value))
}

// end yields the stanza, if there is one, and begins the next.
func (s *stanza) end(yield func(Package) error) error {
	if !s.began {
		return nil
	}
	f := s.fields
	s.began, s.fields = false, nil
	if name := f["package"]; name == "" || len(name) > category.MaxName {
		s.notef("ends a stanza without the name of a package")
		return nil
	}
	p := Package{
		Name: f["package"], Version: f["version"], Arch: f["architecture"], Section: f["section"], Maintainer: f["maintainer"],
		Homepage: f["homepage"], Description: f["description"],
	}
	p.Source, p.SourceVersion, _ = strings.Cut(f["source"], " (")
	p.SourceVersion = strings.TrimSuffix(p.SourceVersion, ")")
	p.State, p.Hold = s.state(f)
	p.Size = s.size(f)
	return yield(p)
}

// state reads a status such as "install ok installed". Packages of images without dpkg have none, and are installed.
func (s *stanza) state(f map[string]string) (state string, hold bool) {
	status, ok := f["status"]
	if !ok {
		return "installed", false
	}
	words := strings.Fields(status)
	if len(words) != 3 {
		s.notef("ends a stanza whose status is not three words")
		return "unknown", false
	}
	return words[2], words[0] == "hold"
}

func (s *stanza) size(f map[string]string) int64 {
	kib, ok := f["installed-size"]
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(kib, 10, 64)
	if err != nil || n < 0 || n > 1<<50 {
		s.notef("ends a stanza whose installed size is no number")
		return 0
	}
	return n << 10
}
