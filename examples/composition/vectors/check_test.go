package vectors

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What ONAP's own code did with 327 worlds is what the deciders do, but on purpose.
func TestEveryCaseAgrees(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	s, err := Check(t.Context(), []string{"testdata/onap.jsonl.gz"}, &out, &errs)
	if err != nil || !s.OK() {
		t.Fatalf("%v\n%s%s", err, &errs, &out)
	}
	if want := "cases=327 agree=307 on-purpose=20 mismatch=0\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("the report ends in\n%s\nnot in\n%s", &out, want)
	}
}

// What would be wrong is seen: a case with another end than ONAP's is a mismatch that names it.
func TestADifferenceIsSeen(t *testing.T) {
	t.Parallel()
	plain := inflated(t)
	for _, c := range []struct{ name, old, new, want string }{
		{"phase-undeploy-complete", `"phase":null,"lastMsgAtMs":0`, `"phase":1,"lastMsgAtMs":0`, `I1, phase: expected 1, got none`},
		{"phase-deploy-next-phase", `publish deploy I1 phase 1 first`, `publish deploy I1 phase 2 first`, `I1, run 1: publish deploy I1 phase 2 first false def D1: expected happened`},
		{"phase-deploy-next-phase", `"update I1","pause`, `"update I1 newRevision","pause`, `I1, run 1: update I1: expected nothing`},
		{"stage-migrating-complete", `"target":null,"deployState":"DEPLOYED"`, `"target":"D2","deployState":"DEPLOYED"`, `I1, target: expected D2, got nothing`},
		{"msg-deleted-ack", `"removeMessage m1"`, `"createJob I1"`, `I1, run 1: removeMessage m1: expected nothing`},
		{"def-ack-failed", `{"name":"COMMISSIONED"}`, `{"name":"PRIMING"}`, `D1, node name: expected PRIMING, got COMMISSIONED`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			line := lineOf(t, plain, c.name)
			changed := strings.Replace(line, c.old, c.new, 1)
			if changed == line {
				t.Fatalf("%s is not in the case", c.old)
			}
			file := filepath.Join(t.TempDir(), "changed.jsonl")
			if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			s, err := Check(t.Context(), []string{file}, &out, io.Discard)
			if err != nil || s.OK() || s.Mismatch != 1 {
				t.Errorf("%v, %v", &s, err)
			}
			if want := file + `:1: case "` + c.name + `": ` + c.want; !strings.Contains(out.String(), want) {
				t.Errorf("the report does not say %q:\n%s", want, &out)
			}
		})
	}
}

func inflated(t *testing.T) string {
	t.Helper()
	f, err := os.Open("testdata/onap.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func lineOf(t *testing.T, text, name string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.Contains(line, `"name":"`+name+`"`) {
			return line
		}
	}
	t.Fatalf("there is no case %q", name)
	return ""
}
