// Package enum writes small enumerations by name. The names stand in the order of the values.
package enum

import (
	"fmt"
	"strings"
)

// String returns the name of v, or what it is instead of one of typ.
func String[T ~uint8](names []string, v T, typ string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", typ, uint8(v))
}

// Marshal returns the name of v. If it has none, the error says of which package's what.
func Marshal[T ~uint8](names []string, v T, pkg, what string) ([]byte, error) {
	if int(v) < len(names) {
		return []byte(names[v]), nil
	}
	return nil, fmt.Errorf("%s: %d is no %s; one of %s is", pkg, uint8(v), what, list(names))
}

// Unmarshal sets v to the value of that name.
func Unmarshal[T ~uint8](names []string, v *T, text []byte, pkg, what string) error {
	for i, name := range names {
		if name == string(text) {
			*v = T(i)
			return nil
		}
	}
	return fmt.Errorf("%s: %q is no %s; one of %s is", pkg, text, what, list(names))
}

func list(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }
