package fsmtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/originals"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	Golden(t, introspection(), "testdata/introspection.golden")
}

func TestGoldenShowsWhatChanged(t *testing.T) {
	t.Setenv("REEVE_UPDATE", "")
	m := introspection()
	file := filepath.Join(t.TempDir(), "new", "introspection.golden")
	golden := func(m *machine) *recorder {
		return record(t, func(tb testing.TB) { Golden(tb, m, file) })
	}

	golden(m).wantFailure(t, `machine "introspection": there is no file `+file, "REEVE_UPDATE=1")

	t.Setenv("REEVE_UPDATE", "1")
	golden(m).wantPass(t)
	t.Setenv("REEVE_UPDATE", "")
	golden(m).wantPass(t)

	changed := originals.Introspection()
	changed.Table["waiting"]["abort"] = "error"
	changed.Table["finished"]["finish"] = fsm.Same
	changed.Waivers = []fsm.Waiver[state, event]{{Code: fsm.Unreachable, State: "aborting", Reason: "for this test"}}
	r := golden(fsm.MustCompile(changed))
	r.wantFailure(t, "differs from "+file, "REEVE_UPDATE=1")
	for _, line := range []string{`- "  abort     to aborting"`, `+ "  abort     to error"`, `- "  finish    to finished"`, `+ "  finish    stays"`} {
		if !strings.Contains(strings.Join(strings.Fields(r.text.String()), " "), strings.Join(strings.Fields(line), " ")) {
			t.Errorf("the difference lacks %s:\n%s", line, r.text.String())
		}
	}
	golden(m).wantPass(t) // a comparison writes nothing

	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	golden(m).wantFailure(t, "fsmtest: machine", file)
	t.Setenv("REEVE_UPDATE", "1")
	golden(m).wantFailure(t, "fsmtest: machine", file)
}
