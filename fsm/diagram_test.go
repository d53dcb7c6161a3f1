package fsm

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var formats = map[string]func(*Machine[string, string], *pictureShow) string{
	"txt": (*Machine[string, string]).Text,
	"svg": (*Machine[string, string]).SVG,
	"dot": (*Machine[string, string]).DOT,
	"mmd": (*Machine[string, string]).Mermaid,
}

// The pictures in testdata are for looking at, too. REEVE_UPDATE=1 writes them anew.
func TestDiagramGolden(t *testing.T) {
	t.Parallel()
	for name, picture := range pictures {
		for ext, format := range formats {
			t.Run(name+"."+ext, func(t *testing.T) {
				t.Parallel()
				file := filepath.Join("testdata", "diagrams", name+"."+ext)
				got := format(compilePicture(t, name), picture.show)
				if os.Getenv("REEVE_UPDATE") == "1" {
					if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("differs from %s (-want +got); REEVE_UPDATE=1 writes it anew:\n%s", file, diff)
				}
			})
		}
	}
}

func TestDiagramIsTheSameTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := oddMachine(t, oddName())
		again, err := Compile(m.Definition())
		if err != nil {
			t.Fatal(err)
		}
		show := oddShow(t, m)
		for ext, format := range formats {
			if diff := cmp.Diff(format(m, show), format(again, show)); diff != "" {
				t.Errorf("%s differs:\n%s", ext, diff)
			}
		}
	})
}

// What a drawing says, read as its legend tells to, is the table.
func TestDiagramSaysTheTable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := oddMachine(t, rapid.StringMatching("[a-z]{1,6}"))
		d := m.draw(nil)
		for _, n := range d.nodes {
			if len(slices.Compact(slices.Sorted(slices.Values(n.stays)))) != len(n.stays) {
				t.Errorf("%q says more than once that it stays on %v", n.name, d.labels(n.stays))
			}
		}
		for _, s := range m.States() {
			for _, e := range m.Events() {
				next, _ := m.Next(s, e)
				sources := []string{s}
				if mode, _ := m.Mode(s); mode != Final {
					sources = append(append(sources, m.Superstates(s)...), Any)
				}
				to, stays := readDrawing(d, sources, e)
				if stays {
					to = s
				}
				if to != next || stays != m.Stays(s, e) {
					t.Errorf("%q on %q: drawn to %q (stays: %t), but it leads to %q (stays: %t)", s, e, to, stays, next, m.Stays(s, e))
				}
			}
		}
	})
}

// readDrawing returns what the first of the named nodes says about an event that says something.
func readDrawing(d *drawing, names []string, event string) (to string, stays bool) {
	for _, name := range names {
		for i, n := range d.nodes {
			if n.name != name {
				continue
			}
			for _, e := range n.stays {
				if d.events[e].name == event {
					return "", true
				}
			}
			for _, e := range d.edges {
				if e.from == i && slices.ContainsFunc(e.events, func(e int) bool { return d.events[e].name == event }) {
					return d.nodes[e.to].name, false
				}
			}
		}
	}
	return "", false
}

func TestDiagramMarks(t *testing.T) {
	t.Parallel()
	m := compilePicture(t, "introspection")
	show := &pictureShow{Current: "no state", Counts: map[string]int{"no state": 3, "*": 4}}
	for ext, format := range formats {
		if diff := cmp.Diff(format(m, nil), format(m, show)); diff != "" {
			t.Errorf("%s shows what is no state:\n%s", ext, diff)
		}
	}
}

func TestSVGIsWellFormed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := oddMachine(t, oddName())
		texts, all := svgTexts(t, m.SVG(oddShow(t, m)))
		for s := range m.def.States {
			if !slices.Contains(texts["state"], printable(s)) {
				t.Errorf("state %q is missing in %q", s, texts["state"])
			}
		}
		for _, row := range m.Rows() {
			if !strings.Contains(all, printable(row.Event)) {
				t.Errorf("event %q is missing", row.Event)
			}
		}
		if !slices.Contains(texts["name"], printable(m.Name())) {
			t.Errorf("the name is missing in %q", texts["name"])
		}
	})
}

// svgTexts parses an SVG and returns its texts by the class of their element, and all of them.
func svgTexts(t rapid.TB, svg string) (texts map[string][]string, all string) {
	t.Helper()
	texts = map[string][]string{}
	decoder := xml.NewDecoder(strings.NewReader(svg))
	class := ""
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return texts, all
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			class = ""
			for _, a := range token.Attr {
				if a.Name.Local == "class" {
					class = a.Value
				}
			}
		case xml.CharData:
			texts[class] = append(texts[class], string(token))
			all += string(token) + "\n"
		}
	}
}

func TestTextFitsATerminal(t *testing.T) {
	t.Parallel()
	for name, picture := range pictures {
		for line := range strings.Lines(compilePicture(t, name).Text(picture.show)) {
			if line = strings.TrimSuffix(line, "\n"); cells(line) > 100 || strings.TrimRight(line, " ") != line {
				t.Errorf("%s: %d columns: %q", name, cells(line), line)
			}
		}
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		time.Hour: "1h", 90 * time.Minute: "1h30m", 10 * time.Minute: "10m", 90 * time.Second: "1m30s",
		time.Hour + time.Second: "1h0m1s", 1500 * time.Millisecond: "1.5s", 20 * time.Second: "20s", 100 * time.Hour: "100h",
	} {
		if got := duration(d); got != want {
			t.Errorf("duration(%v) = %q, want %q", d, got, want)
		}
		if back, err := time.ParseDuration(duration(d)); back != d {
			t.Errorf("%v reads back as %v, %v", d, back, err)
		}
	}
}
