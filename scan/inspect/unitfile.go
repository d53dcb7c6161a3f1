package inspect

import (
	"bytes"
	"strings"

	"github.com/reeve-go/reeve/internal/category"
)

// unitFile is a file in the form of systemd: sections of settings, of which those that are wanted are kept by "Section.Setting". Reading another
// file into it is what a drop-in does.
type unitFile map[string][]string

// wanted reports whether a setting is kept; the others may be of any size and number.
func wanted(name string) bool {
	switch name {
	case "Unit.Description", "Unit.After", "Unit.Requires", "Unit.Wants", "Unit.BindsTo", "Unit.PartOf",
		"Service.Type", "Service.ExecStart", "Service.User", "Service.Group",
		"Install.WantedBy", "Install.RequiredBy",
		"Match.Name", "Network.DHCP", "Network.Address", "Network.Gateway", "Network.DNS", "Address.Address", "Route.Gateway":
		return true
	}
	return false
}

// parse reads a file. An empty value takes back what was said before.
func (u unitFile) parse(l *lines) {
	section := ""
	for l.next() {
		line := bytes.TrimSpace(l.text)
		switch {
		case len(line) == 0 || line[0] == '#' || line[0] == ';':
		case line[0] == '[':
			if line[len(line)-1] != ']' {
				l.notef("opens a section without the bracket at its end")
			}
			section = category.Text(bytes.Trim(line, "[]"))
		default:
			name, value, ok := strings.Cut(category.Text(u.continued(l, line)), "=")
			if !ok {
				l.notef("is not of the form Setting=value")
			}
			u.set(section+"."+strings.TrimSpace(name), strings.TrimSpace(value), ok)
		}
	}
}

// continued joins a line that ends with a backslash with those that follow, without the comments between them.
func (u unitFile) continued(l *lines, line []byte) []byte {
	whole := bytes.Clone(line)
	for len(whole) > 0 && whole[len(whole)-1] == '\\' {
		whole[len(whole)-1] = ' '
		if len(whole) > maxLine || !l.next() {
			break
		}
		next := bytes.TrimSpace(l.text)
		if len(next) > 0 && (next[0] == '#' || next[0] == ';') {
			whole[len(whole)-1] = '\\'
			continue
		}
		whole = append(whole, next...)
	}
	return whole
}

func (u unitFile) set(name, value string, ok bool) {
	switch {
	case !ok || !wanted(name):
	case value == "":
		delete(u, name)
	default:
		u[name] = append(u[name], value)
	}
}

// all returns the values of a setting, last the one that counts, all returns them as they were said, and words the words of all of them.
func (u unitFile) all(section, name string) []string { return u[section+"."+name] }

func (u unitFile) last(section, name string) string {
	values := u.all(section, name)
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

func (u unitFile) words(section, name string) (words []string) {
	for _, v := range u.all(section, name) {
		words = append(words, strings.Fields(v)...)
	}
	return words
}
