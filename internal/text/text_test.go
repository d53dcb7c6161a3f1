package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/internal/text"
)

func TestClip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		most int
		want string
	}{
		{"", 3, ""},
		{"as it is", 8, "as it is"},
		{"too long", 7, "too …"},
		{"größer", 7, "grö…"},
		{"größer", 6, "gr…"}, // no half of a letter
		{"a\x00b\xffc", 20, "a�b�c"},
	} {
		if got := text.Clip(c.in, c.most); got != c.want {
			t.Errorf("of %q at most %d bytes are %q, want %q", c.in, c.most, got, c.want)
		}
	}
}

func TestClipIsFit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in, most := string(rapid.SliceOf(rapid.Byte()).Draw(t, "in")), rapid.IntRange(3, 40).Draw(t, "most")
		out := text.Clip(in, most)
		if len(out) > most || !utf8.ValidString(out) || strings.Contains(out, "\x00") {
			t.Errorf("of %q at most %d bytes are %q", in, most, out)
		}
		if text.Clip(out, most) != out {
			t.Errorf("%q is clipped again", out)
		}
	})
}
