// Package text makes texts that come from anywhere fit to be kept.
package text

import "strings"

// Clip returns a text of at most so many bytes, at least three, that any store can keep: it is valid UTF-8 and has no NUL.
// What was left out at the end is an ellipsis.
func Clip(text string, most int) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "�"), "�")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most-len("…")], "") + "…"
	}
	return text
}
