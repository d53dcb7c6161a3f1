package scan_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/scan"
)

// A directory is opened if it is in an allowed one, whatever links say.
func TestDirOpener(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	for _, dir := range []string{"allowed/in/deep", "outside", "allowed2"} {
		if err := os.MkdirAll(filepath.Join(base, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"allowed/in/deep/file": "inside", "outside/file": "outside", "allowed2/file": "no neighbour"} {
		if err := os.WriteFile(filepath.Join(base, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{"allowed/absolute": filepath.Join(base, "outside"), "allowed/up": "../outside", "allowed/within": "in/deep"} {
		if err := os.Symlink(to, filepath.Join(base, name)); err != nil {
			t.Fatal(err)
		}
	}
	opener, err := scan.NewDirOpener([]string{filepath.Join(base, "allowed")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	target := func(path string) scan.Target {
		ref, err := json.Marshal(scan.DirRef{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		return scan.Target{ID: "t", Type: scan.DirType, Ref: ref}
	}
	for path, want := range map[string]string{
		"allowed/in/deep":         "inside",
		"allowed/in/../in/./deep": "inside",
		"allowed/within":          "inside",
		"allowed2":                "",
		"outside":                 "",
		"allowed/../outside":      "",
		"allowed/absolute":        "",
		"allowed/up":              "",
		"allowed/up/../in/deep":   "inside",
		"allowed/in/deep/file":    "",
		"allowed/nothing":         "",
	} {
		fsys, done, err := opener.Open(t.Context(), target(base+"/"+path), nil)
		got := ""
		if err == nil {
			body, err := fs.ReadFile(fsys, "file")
			if err != nil {
				t.Error(err)
			}
			got = string(body)
			if err := done(); err != nil {
				t.Error(err)
			}
		}
		if got != want {
			t.Errorf("in %s is %q, want %q; the error is %v", path, got, want, err)
		}
	}
	for what, c := range map[string]struct {
		target scan.Target
		word   string
	}{
		"another type": {scan.Target{ID: "t", Type: "volume"}, `its type is "volume"; "directory" is right`},
		"no ref":       {scan.Target{ID: "t", Type: scan.DirType}, "its ref is not like"},
		"relative":     {target("allowed/in"), "one from the root is right"},
		"elsewhere":    {target("/"), `its path is "/"; one in ["`},
	} {
		if _, _, err := opener.Open(t.Context(), c.target, nil); err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: the error is %v", what, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := opener.Open(ctx, target(base+"/allowed"), nil); err == nil {
		t.Error("it was opened although nobody wants it any more")
	}
	if _, err := scan.NewDirOpener(nil, nil); err == nil {
		t.Error("an opener without directories is no error")
	}
	if _, err := scan.NewDirOpener([]string{"here"}, nil); err == nil {
		t.Error("a directory that is relative is no error")
	}
}

// What no other try can open is fatal: an agent says so, and nobody tries again.
func TestDirOpenerInAnAgent(t *testing.T) {
	t.Parallel()
	inOffice(t, func(o *office) {
		dir := t.TempDir()
		opener, err := scan.NewDirOpener([]string{dir}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Dir(dir), filepath.Join(dir, "out")); err != nil {
			t.Fatal(err)
		}
		w := o.workplace(o.requests, o.replies)
		w.Opener = opener
		a, err := scan.NewAgent("a", w, &o.options)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(o.Context())
		ended := make(chan error)
		go func() { ended <- a.Run(ctx) }()
		for job, path := range map[string]string{"good": dir, "gone": filepath.Join(dir, "gone"), "out": filepath.Join(dir, "out")} {
			ref, _ := json.Marshal(scan.DirRef{Path: path})
			body, err := scan.EncodeRequest(scan.Request{
				Job: job, Epoch: 1, Target: scan.Target{ID: "t", Type: scan.DirType, Ref: ref}, Categories: []scan.Category{{Name: "quick"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			o.send(job, body)
		}
		said := o.said()
		if len(said) != 3 || !strings.HasPrefix(said[0], `gone/1 #1 fatal: target "t": `) || said[1] != "good/1 #1 quick=ok last" || !strings.HasPrefix(said[2], `out/1 #1 fatal: target "t": `) {
			t.Errorf("it said %q", said)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
