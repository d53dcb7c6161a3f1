package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTableKeepsItsColumns(t *testing.T) {
	t.Parallel()
	p := &page{width: 30}
	p.table([][]string{
		{"a", "bb", "one two three four five six seven"},
		{"überall", "c", "x"},
		{"d", "", ""},
		{"e", "f", "http://a.word/longer/than/the/line"},
	})
	want := `
  a        bb  one two three
               four five six
               seven
  überall  c   x
  d
  e        f   http://a.word/longer/than/the/line
`
	if got := "\n" + p.text.String(); got != want {
		t.Errorf("the table is%s, want%s", got, want)
	}
}

func TestPipedOutputIsPlain(t *testing.T) {
	t.Parallel()
	o := call(t.Context())
	wantText(t, "standard output", o.stdout, `(?m)^NODE  .*, finished$`, `(?m)^HISTORY$`, `(?m)^  kernel +\S`, `(?m)waiting +processing +facts$`)
	if strings.ContainsRune(o.stdout, '\x1b') {
		t.Error("there are escapes in what is no terminal")
	}
	for line := range strings.Lines(o.stdout) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > pipedWidth {
			t.Errorf("a line has %d characters, more than %d: %s", n, pipedWidth, line)
		}
	}
}

func TestLongHistoryShowsItsEnd(t *testing.T) {
	t.Parallel()
	r := &report{Node: nodeReport{ID: "n", State: Finished}}
	for v := range 50 {
		r.History = append(r.History, lineReport{Version: uint64(v), Cause: "line-" + string(rune('A'+v))})
	}
	var b strings.Builder
	if err := r.write(&b); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "line-"); n != mostLines || strings.Contains(b.String(), "line-A") {
		t.Errorf("%d lines are shown, want the newest %d:\n%s", n, mostLines, b.String())
	}
	wantText(t, "it", b.String(), "newest 20 lines of 50")
}

func TestBytes(t *testing.T) {
	t.Parallel()
	for n, want := range map[uint64]string{0: "0 B", 1023: "1023 B", 1 << 10: "1.0 KiB", 25276514304: "23.5 GiB", 1 << 62: "4.0 EiB"} {
		if got := bytesOf(n); got != want {
			t.Errorf("%d bytes are %s, want %s", n, got, want)
		}
	}
}
