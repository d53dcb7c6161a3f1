package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/examples/amazon/account/accounttest"
	"github.com/reeve-go/reeve/examples/amazon/simulated"
	"github.com/reeve-go/reeve/internal/pgtest"
)

// randomChecks is how many worlds are drawn: each is read by some hundred requests. -rapid.checks asks for more.
const randomChecks = "20"

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", randomChecks); err != nil {
		panic(err)
	}
	os.Exit(m.Run()) // which reads the flags of the command line
}

// ran runs the program and returns what it says.
func ran(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, failures bytes.Buffer
	code = run(t.Context(), args, &out, &failures)
	return code, out.String(), failures.String()
}

// reported runs the program, which has to succeed, and returns its report.
func reported(t *testing.T, args ...string) *report {
	t.Helper()
	code, stdout, stderr := ran(t, append(args, "-json")...)
	if code != 0 {
		t.Fatalf("%q: exit code %d: %s", args, code, stderr)
	}
	r := &report{}
	if err := json.Unmarshal([]byte(stdout), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// written returns how many rows a report says were written.
func (r *report) written() (n int) {
	for _, c := range r.Collections {
		n += c.Inserts + c.Updates + c.Deletes
	}
	return n
}

func newFile(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "inventory.db")
}

// newDatabase returns the URL of a database of PostgreSQL that is the test's own.
func newDatabase(t *testing.T) string {
	t.Helper()
	server, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	name := pgtest.Schema(t)
	do := func(ctx context.Context, statement string) {
		conn, err := pgx.Connect(ctx, server.String())
		if err == nil {
			_, err = conn.Exec(ctx, statement)
			_ = conn.Close(ctx)
		}
		if err != nil {
			t.Error(err)
		}
	}
	do(t.Context(), "CREATE DATABASE "+name)
	t.Cleanup(func() { do(context.WithoutCancel(t.Context()), "DROP DATABASE "+name) })
	own := *server
	own.Path = "/" + name
	return own.String()
}

// databases return a new one each, as -db has it.
var databases = map[string]func(*testing.T) string{"SQLite": newFile, "PostgreSQL": newDatabase}

// The same cloud twice, with faults: what is there is there the second time, too.
func TestTwice(t *testing.T) {
	t.Parallel()
	for name, db := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := db(t)
			if first := reported(t, "-db", db); first.written() < 100 || len(first.Refused) > 0 {
				t.Errorf("%d rows are written, refused are %v", first.written(), first.Refused)
			}
			if second := reported(t, "-db", db); second.written() > 0 {
				t.Errorf("%d rows are written again", second.written())
			}
			// What is named is read again by the refresher, because it knows the account now.
			if r := reported(t, "-db", db, "-target", "vms=i-00000001", "-target", "volumes=vol-00000001,vol-00000002"); r.written() > 0 {
				t.Errorf("%d rows are written again", r.written())
			}
		})
	}
}

// Programs that begin at once on one database, which is empty, do not get into each other's way.
func TestTogether(t *testing.T) {
	t.Parallel()
	for name, db := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := db(t)
			var programs sync.WaitGroup
			for _, args := range [][]string{{}, {}, {"-target", "vms=i-00000001"}, {"-target", "stacks=nowhere"}} {
				programs.Go(func() {
					if code, stdout, stderr := ran(t, append(args, "-db", db)...); code != 0 {
						t.Errorf("%q: exit code %d: %s%s", args, code, stdout, stderr)
					}
				})
			}
			programs.Wait()
			if r := reported(t, "-db", db); r.written() > 0 || r.Counts["vms"] != 9 {
				t.Errorf("%d rows are written again, of %v", r.written(), r.Counts)
			}
		})
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := ran(t, "-faults", "0")
	if code != 0 || stderr != "" || !strings.HasPrefix(stdout, "COLLECTION ") || !strings.Contains(stdout, "\nvms ") {
		t.Errorf("%d: %s%s", code, stdout, stderr)
	}
}

func TestWrongFlags(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"-nowhere":                     "not defined",
		"more":                         `["more"] is more than flags`,
		"-account=":                    "-account is empty",
		"-serve -json":                 "goes without -replay",
		"-serve -replay=x":             "goes without -replay",
		"-serve -target=vms=i-1":       "goes without -replay",
		"-serve -every=0":              "a positive time is right",
		"-every=1s":                    "goes with -serve only",
		"-faults=0 -replay=x":          "goes without -replay",
		"-lines=1":                     "goes with -replay only",
		"-lines=0 -replay=x":           "1 or more",
		"-replay=":                     "a file is right",
		"-faults=NaN":                  "from 0 to less than 1",
		"-faults=1":                    "from 0 to less than 1",
		"-target=machines=i-1":         "of zones, key_pairs, images, vms",
		"-target=vms":                  "names nothing",
		"-target=vms=":                 "names nothing",
		"-target=vms=,":                "names nothing",
		"-target=labels=Name -replay=": "names nothing",
	} {
		code, stdout, stderr := ran(t, strings.Fields(args)...)
		if code != 2 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: %d, %s%s; want %s", args, code, stdout, stderr, want)
		}
	}
	if code, stdout, _ := ran(t, "-help"); code != 0 || !strings.Contains(stdout, "-target") {
		t.Errorf("-help: %d, %s", code, stdout)
	}
}

func TestWrongFiles(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"-replay=nowhere.jsonl":               "nowhere.jsonl",
		"-replay=main.go":                     "main.go: replay: line 1",
		"-db=/nowhere/at/all":                 "/nowhere/at/all",
		"-db=postgres://nobody@127.0.0.1:1/x": "127.0.0.1",
	} {
		if code, _, stderr := ran(t, args); code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: %d, %s; want %s", args, code, stderr, want)
		}
	}
}

// -serve goes on until it is interrupted.
func TestServe(t *testing.T) {
	t.Parallel()
	for name, db := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			out := &watched{until: "  updated  vms", found: stop}
			var failures bytes.Buffer
			if code := run(ctx, []string{"-serve", "-every", "20ms", "-db", db(t)}, out, &failures); code != 0 {
				t.Errorf("exit code %d: %s", code, failures.String())
			}
			if text := out.String(); !strings.HasPrefix(text, "COLLECTION") || !strings.Contains(text, out.until) {
				t.Errorf("it shows\n%s", text)
			}
		})
	}
}

// Interrupted while it reads for the first time it has done what it was asked for, too.
func TestServeInterrupted(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s, err := parseFlags([]string{"-serve"})
	if err != nil {
		t.Fatal(err)
	}
	db, err := open(t.Context(), newFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.close() //nolint:errcheck // nobody needs it
	cloud := simulated.New(1, 0)
	from := accounttest.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stop()
		cloud.ServeHTTP(w, r)
	}))
	var out, failures bytes.Buffer
	if err := s.follow(ctx, cloud, from, db, &out, &failures); err != nil {
		t.Errorf("%v: %s", err, failures.String())
	}
}

// A watched buffer tells when a text is in it.
type watched struct {
	bytes.Buffer

	until string
	found func()
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if strings.Contains(w.String(), w.until) {
		w.found()
	}
	return n, err
}
