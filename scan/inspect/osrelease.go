package inspect

import (
	"bytes"
	"strings"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
)

// An OS is the operating system as os-release describes it.
type OS struct {
	// ID is its name for programs, such as debian; Like are those that it is derived from.
	ID   string   `json:"id,omitempty"`
	Like []string `json:"like,omitempty"`
	// Name and Pretty are for people, without and with the version.
	Name      string `json:"name,omitempty"`
	Pretty    string `json:"pretty,omitempty"`
	Version   string `json:"version,omitempty"`
	VersionID string `json:"version_id,omitempty"`
	Codename  string `json:"codename,omitempty"`
	Variant   string `json:"variant,omitempty"`
	BuildID   string `json:"build_id,omitempty"`
	CPE       string `json:"cpe,omitempty"`
}

// osFiles are where it is described; the first one there is counts.
var osFiles = []string{"etc/os-release", "usr/lib/os-release"}

func tellOS(t *scan.Tree, emit scan.Emit) error {
	for _, file := range osFiles {
		var fields map[string]string
		found, err := parse(t, file, maxSmall, func(l *lines) error { fields = parseOSRelease(l); return nil })
		if err != nil {
			return err
		}
		if found {
			return emit("os", OS{
				ID: fields["ID"], Like: strings.Fields(fields["ID_LIKE"]), Name: fields["NAME"], Pretty: fields["PRETTY_NAME"],
				Version: fields["VERSION"], VersionID: fields["VERSION_ID"], Codename: fields["VERSION_CODENAME"],
				Variant: fields["VARIANT"], BuildID: fields["BUILD_ID"], CPE: fields["CPE_NAME"],
			})
		}
	}
	return nil
}

// parseOSRelease reads lines of NAME=value, in which values are quoted as a shell does.
func parseOSRelease(l *lines) map[string]string {
	fields := map[string]string{}
	for l.next() {
		line := bytes.TrimSpace(l.text)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		name, value, ok := bytes.Cut(line, []byte("="))
		if !ok || len(name) == 0 || len(name) > category.MaxName {
			l.notef("is not of the form NAME=value")
			continue
		}
		value, ok = unquote(value)
		if !ok {
			l.notef("has a quote that does not end")
			continue
		}
		fields[category.Text(name)] = category.Text(value)
	}
	return fields
}

// unquote reads a word of a shell: '…' as it is, "…" with \ before one of \ " $ and `, and \ before any character outside of quotes.
func unquote(word []byte) (value []byte, ok bool) {
	var quote byte
	for i := 0; i < len(word); i++ {
		c := word[i]
		switch {
		case c == quote && quote != 0:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == '\\' && quote != '\'' && i+1 < len(word) && (quote == 0 || strings.IndexByte("\\\"$`", word[i+1]) >= 0):
			i++
			value = append(value, word[i])
		default:
			value = append(value, c)
		}
	}
	return value, quote == 0
}
