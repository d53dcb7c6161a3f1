package category_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/scantest"
)

type config struct {
	Roots []string `json:"roots,omitempty"`
	Most  int      `json:"most"`
}

// things is a scanner that tells of one thing.
func things() scan.Scanner {
	return category.NewScanner(category.Spec{
		Of: "house", Category: "things", Version: "1",
		Scan: func(_ context.Context, _ scan.Input, emit scan.Emit) error { return emit("thing", 1) },
		Scope: func(raw json.RawMessage) ([]string, error) {
			var c config
			return []string{"etc"}, category.Decode(raw, &c)
		},
	})
}

func TestAScanner(t *testing.T) {
	t.Parallel()
	s, ok := things().(interface {
		scan.Scanner
		scan.Scoper
	})
	if !ok || s.Name() != "house/things" || s.Version() != "1" || !cmp.Equal(s.Categories(), []string{"things"}) {
		t.Errorf("%v", s)
	}
	if got := s.Scope("things", nil); !cmp.Equal(got, []string{"etc"}) {
		t.Errorf("its scope is %q", got)
	}
	if other, bad := s.Scope("others", nil), s.Scope("things", json.RawMessage("{")); other != nil || bad != nil {
		t.Errorf("the scope of what it will refuse is %q and %q, and not all", other, bad)
	}
}

// What no other try can mend is refused as that, before anything is looked at.
func TestAScannerRefuses(t *testing.T) {
	t.Parallel()
	inspector, err := scan.NewInspector(&scantest.MemoryBlobs{}, []scan.Scanner{things()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]string{
		`{"root":["a"]}`: `house: things: config: unknown field "root" (the fields are roots, most)`,
		`{"roots":1}`:    "config: ",
	} {
		results, err := inspector.Inspect(t.Context(), fstest.MapFS{}, scan.Inspection{
			Target: "t", Categories: []scan.Category{{Name: "things", Config: json.RawMessage(raw)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if r := results[0]; r.Outcome != scan.Failed || r.Class != scan.Fatal || !strings.Contains(r.Error, want) {
			t.Errorf("%s: %s, %s, %s; it should say %s", raw, r.Outcome, r.Class, r.Error, want)
		}
	}
	emit := func(string, any) error { t.Error("it emits"); return nil }
	tree := scan.NewTree(t.Context(), fstest.MapFS{}, scan.Limits{})
	for _, in := range []scan.Input{{Category: "others", Tree: tree}, {Category: "things"}} {
		if err := things().Scan(t.Context(), in, emit); err == nil {
			t.Errorf("%+v is taken", in)
		}
	}
}

func TestAScannerEndsWithItsContext(t *testing.T) {
	t.Parallel()
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	in := scan.Input{Category: "things", Tree: scan.NewTree(ctx, fstest.MapFS{}, scan.Limits{})}
	if err := things().Scan(ctx, in, func(string, any) error { return nil }); !errors.Is(err, why) {
		t.Errorf("it ended with %v", err)
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", " \n"} {
		c := config{Most: 7}
		if err := category.Decode(json.RawMessage(raw), &c); err != nil || c.Most != 7 {
			t.Errorf("%q: %+v, %v", raw, c, err)
		}
	}
	for _, raw := range []string{"[", "{} {}", "{}]", `"x"`} {
		if err := category.Decode(json.RawMessage(raw), new(config)); err == nil {
			t.Errorf("%s is taken", raw)
		}
	}
	var none struct{}
	if err := category.Decode(json.RawMessage(`{"a":1}`), &none); err == nil || !strings.Contains(err.Error(), "there are no fields") {
		t.Errorf("%v", err)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	if got := category.Text("caf\xe9 é �"); got != `caf\xe9 é �` {
		t.Errorf("%q", got)
	}
	rapid.Check(t, func(r *rapid.T) {
		b := rapid.SliceOf(rapid.Byte()).Draw(r, "bytes")
		got := category.Text(b)
		if !utf8.ValidString(got) || utf8.Valid(b) && got != string(b) || got != category.Text(string(b)) {
			r.Errorf("%q becomes %q", b, got)
		}
	})
}
