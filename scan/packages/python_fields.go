package packages

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// maxMetadataLine is how long a line of a description may be.
const maxMetadataLine = 256 << 10

// pythonFields returns the fields that are told, the first of each, and what a classifier says of the licence.
func pythonFields(r io.Reader) (fields map[string]string, classified string, err error) {
	fields = map[string]string{}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4<<10), maxMetadataLine)
	for lines.Scan() {
		line := lines.Text()
		if strings.TrimSpace(line) == "" {
			return fields, classified, nil
		}
		if line[0] == ' ' || line[0] == '\t' {
			continue // of values of several lines the first is enough
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			err = errors.New("has a line that is no field")
			continue
		}
		switch name = strings.ToLower(name); name {
		case "name", "version", "summary", "home-page", "author", "author-email", "maintainer", "maintainer-email", "license", "license-expression":
			if _, twice := fields[name]; !twice {
				fields[name] = text(value)
			}
		case "classifier":
			if kind, what, ok := cutLast(text(value), " :: "); ok && classified == "" && strings.HasPrefix(kind, "License") {
				classified = what
			}
		}
	}
	if lines.Err() != nil {
		err = errors.New("has a line that is too long")
	}
	return fields, classified, err
}

func cutLast(s, at string) (before, after string, found bool) {
	i := strings.LastIndex(s, at)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(at):], true
}
