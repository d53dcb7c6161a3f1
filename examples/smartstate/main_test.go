package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/examples/smartstate/cloud"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/legacy"
)

// asProgram makes the test binary the program itself, for tests that need a process.
const asProgram = "SMARTSTATE_AS_PROGRAM"

// The test binary is the program as well, so that the demonstration can start its processes.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && slices.Contains(roles, os.Args[1]) || os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// call runs the program and returns what it wrote and its exit code.
func call(ctx context.Context, args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = run(ctx, args, strings.NewReader(""), &out, &errs)
	return out.String(), errs.String(), code
}

// machine makes a small tree that has not changed for a while.
func machine(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for path, text := range map[string]string{ //nolint:gosec // no secrets
		"etc/os-release":      "ID=tiny\nVERSION_ID=1\n",
		"etc/passwd":          "root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n",
		"etc/group":           "root:x:0:\nada:x:1000:\n",
		"etc/motd":            "hello\n",
		"var/lib/dpkg/status": "Package: tiny\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n",
		"srv/notes/today.txt": "not asked for\n",
	} {
		write(t, root, path, text)
	}
	return root
}

// write writes a file that was last changed long ago. That its inode was changed just now cannot be hidden, and for two seconds a scan does not take
// such a tree for settled; with seed 1 the cloud takes longer than that until the first agent is up.
func write(t *testing.T, root, path, text string) {
	t.Helper()
	name := filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	long := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(name, long, long); err != nil {
		t.Fatal(err)
	}
}

// quick has everything take less time.
const quick = "-beat=40ms"

// inTime runs the demonstration until its agent was killed while it was stuck, as it is to be. All times go by the beat: where a machine is busy with other
// things, the job may have given the agent up before that, or no agent be up in time, and there is more time with a longer beat.
func inTime(t *testing.T, demonstration func(flags ...string) (inTime bool)) {
	t.Helper()
	inBeats(t, demonstration, 40*time.Millisecond, 150*time.Millisecond, 500*time.Millisecond)
}

func inBeats(t *testing.T, demonstration func(flags ...string) bool, beats ...time.Duration) {
	t.Helper()
	for _, beat := range beats {
		if demonstration(fmt.Sprint("-beat=", beat), fmt.Sprint("-timeout=", 1500*beat)) {
			return
		}
		t.Logf("with a beat of %v there was too little time", beat)
	}
	t.Error("no agent was killed in the middle of its work")
}

// late reports whether a demonstration did not come to its end, for which there is more time with a longer beat.
func late(stderr string) bool {
	return strings.HasPrefix(stderr, "smartstate: it did not come to an end within ")
}

// reported runs the demonstration with -json. It returns nil if it was late.
func reported(t *testing.T, flags ...string) *report {
	t.Helper()
	stdout, stderr, code := call(t.Context(), append([]string{"-json"}, flags...)...)
	if late(stderr) {
		return nil
	}
	r := new(report)
	decoder := json.NewDecoder(strings.NewReader(stdout))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(r); err != nil || decoder.More() {
		t.Fatalf("it wrote more or less than one object: %v\n%s%s", err, stdout, stderr)
	}
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s\n%s", code, stderr, stdout)
	}
	return r
}

// long skips what takes long.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes a quarter of a minute")
	}
}

// category returns what became of a category.
func (r *report) category(t *testing.T, name string) result {
	t.Helper()
	i := slices.IndexFunc(r.Categories, func(c result) bool { return c.Category == name })
	if i < 0 {
		t.Fatalf("nothing is said of %s: %+v", name, r)
	}
	return r.Categories[i]
}

// The first run is killed in the middle and finds everything; the second one tells what has changed, and scans nothing else.
func TestTwoRuns(t *testing.T) {
	t.Parallel()
	long(t)
	inTime(t, func(flags ...string) bool {
		root, state := machine(t), t.TempDir()
		flags = append(flags, "-target", root, "-state", state)
		first := reported(t, flags...)
		if first == nil || !first.Killed {
			return false
		}
		checkFirst(t, first)
		write(t, root, "etc/motd", "good bye\n")
		write(t, root, "etc/hosts", "127.0.0.1 here\n")
		second := reported(t, append(flags, "-seed", "2")...)
		if second == nil {
			return false
		}
		checkSecond(t, first, second)
		return true
	})
}

func checkFirst(t *testing.T, first *report) {
	t.Helper()
	if first.Cloud.Killed != 1 {
		t.Errorf("%+v: want one agent killed", first.Cloud)
	}
	statuses := map[string]scan.Outcome{}
	early := 0
	for _, c := range first.Categories {
		statuses[c.Category] = c.Status
		if c.Diff != nil || c.Reused || c.Digest == "" {
			t.Errorf("of the first scan: %+v", c)
		}
		if c.Epoch < first.Epochs {
			early++
		}
	}
	want := map[string]scan.Outcome{"system": scan.OK, "accounts": scan.OK, "software": scan.OK, "services": scan.Empty, "files": scan.OK}
	if diff := cmp.Diff(want, statuses); diff != "" {
		t.Errorf("categories (-want +got):\n%s", diff)
	}
	if early == 0 || early == len(first.Categories) {
		t.Errorf("%d categories are of epochs before the last one; some, and not all, were done before the agent was killed", early)
	}
	if first.Replies.Applied < len(want) || first.Replies.Duplicate+first.Replies.Stale == 0 {
		t.Errorf("replies: %+v; want each category applied once, and what came twice", first.Replies)
	}
	if c := first.Cloud; c.Launched != c.Terminated {
		t.Errorf("%d instances were launched, and %d terminated", c.Launched, c.Terminated)
	}
}

func checkSecond(t *testing.T, first, second *report) {
	t.Helper()
	if second.Job == first.Job || second.Since != first.Job {
		t.Errorf("%s is compared with %q; the first one was %s", second.Job, second.Since, first.Job)
	}
	for _, name := range []string{"accounts", "software"} {
		if c := second.category(t, name); !c.Reused || c.Diff == nil || len(c.Diff.Changes) > 0 || c.Digest != first.category(t, name).Digest {
			t.Errorf("%+v has not changed", c)
		}
	}
	c := second.category(t, "files")
	if c.Reused || c.Diff == nil {
		t.Fatalf("%+v has changed", c)
	}
	var changes []string
	for _, change := range c.Diff.Changes {
		changes = append(changes, string(change.Kind)+" "+change.Key)
	}
	if diff := cmp.Diff([]string{"changed etc", "added etc/hosts", "changed etc/motd"}, changes); diff != "" {
		t.Errorf("changes of the files (-want +got):\n%s", diff)
	}
	if c.Diff.Added != 1 || c.Diff.Changed != 2 || c.Diff.Removed != 0 {
		t.Errorf("%+v", c.Diff)
	}
}

// What people see.
func TestDemonstration(t *testing.T) {
	t.Parallel()
	var stdout string
	inTime(t, func(flags ...string) bool {
		var stderr string
		var code int
		stdout, stderr, code = call(t.Context(), append(flags, "-target", machine(t), "-files", "etc/motd", "-files", "srv/**", "-seed", "5")...)
		if late(stderr) {
			return false
		}
		if code != 0 || stderr != "" {
			t.Fatalf("exit code %d: %s\n%s", code, stderr, stdout)
		}
		return strings.Contains(stdout, " is killed, when 1 of 5 categories have a result")
	})
	for _, want := range []string{
		"coordinator is process", "scan-1 begins: it looks into", "scan-1 is done, epoch ",
		"There was no scan before", " (unheard 1, zombies 1), refused 1, killed 1, ", "\nleaked:     0 (",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the demonstration does not say %q:\n%s", want, stdout)
		}
	}
	if n := strings.Count(stdout, "\nfiles     ok      4 "); n != 1 { // etc/motd, srv, srv/notes and its file
		t.Errorf("the files that were asked for are not told:\n%s", stdout)
	}
}

func TestLegacy(t *testing.T) {
	t.Parallel()
	stdout, stderr, code := call(t.Context(), "-legacy")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	want, err := os.ReadFile("testdata/legacy.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), timeless(t, stdout)); diff != "" {
		t.Errorf("testdata/legacy.txt (-want +got):\n%s", diff)
	}
}

// timeless puts words in the place of times, and of what was packed, which must be the document before it.
func timeless(t *testing.T, text string) string {
	t.Helper()
	packed := regexp.MustCompile(`(<summary.*\n)\nthe same as it is sent:\n((?:    \S+\n)+)`)
	text = packed.ReplaceAllStringFunc(text, func(both string) string {
		parts := packed.FindStringSubmatch(both)
		document, err := legacy.Unpack(strings.ReplaceAll(parts[2], "    ", ""))
		if err != nil || document != strings.TrimSpace(parts[1]) {
			t.Errorf("what is packed is %q (%v); it should be %s", document, err, parts[1])
		}
		return parts[1] + "\nthe same as it is sent:\n    PACKED\n"
	})
	return regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d`).ReplaceAllString(text, "TIME")
}

// A target that is not there fails the job, and leaves nothing behind all the same.
func TestNoTarget(t *testing.T) {
	t.Parallel()
	stdout, stderr, code := call(t.Context(), quick, "-json", "-target", filepath.Join(t.TempDir(), "nowhere"))
	if code != 1 || !strings.Contains(stderr, "smartstate: scan-1 is failed: ") || !strings.Contains(stderr, "nowhere") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	var r report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || r.State != scan.JobFailed || r.Leaked.sum() != 0 {
		t.Errorf("%v: %+v", err, r)
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	if err := (&report{State: scan.JobDone}).verdict(); err != nil {
		t.Error(err)
	}
	for what, r := range map[string]report{
		"a failed job":      {State: scan.JobFailed},
		"an instance":       {State: scan.JobDone, Leaked: leaks{Instances: 1}},
		"an agent":          {State: scan.JobDone, Leaked: leaks{Agents: 1}},
		"a permit":          {State: scan.JobDone, Leaked: leaks{Permits: 1}},
		"a mount":           {State: scan.JobDone, Leaked: leaks{Mounts: 1}},
		"a request":         {State: scan.JobDone, Leaked: leaks{Requests: 1}},
		"a reply":           {State: scan.JobDone, Leaked: leaks{Replies: 1}},
		"a body":            {State: scan.JobDone, Leaked: leaks{Bodies: 1}},
		"a hostile agent":   {State: scan.JobDone, Hostile: []attempt{{"takes what it likes", false, 200, ""}}},
		"one that may not":  {State: scan.JobDone, Hostile: []attempt{{"beats", true, 403, "forbidden"}}},
		"an office in ruin": {State: scan.JobDone, Hostile: []attempt{{"takes what it likes", false, 500, "internal"}}},
		"a lie":             {State: scan.JobDone, Categories: []result{{Category: "accounts", Scanner: hostile}}},
		"a job that waits ": {State: scan.JobQueued, Cloud: cloud.Counts{Launched: 1}},
	} {
		if r.verdict() == nil {
			t.Errorf("%s is no error", what)
		}
	}
}

func TestTimeIsUp(t *testing.T) {
	t.Parallel()
	_, stderr, code := call(t.Context(), "-json", "-timeout", "500ms", "-target", machine(t))
	if code != 1 || stderr != "smartstate: it did not come to an end within 500ms\n" {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestCalledWrongly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-beat", "1ms"}, "a beat of 1ms is too short"},
		{[]string{"-timeout", "0"}, "-timeout is not positive"},
		{[]string{"-fast"}, "flag provided but not defined: -fast"},
		{[]string{"dance"}, `["dance"] is more than flags`},
		{[]string{"-target", ""}, "-target is empty"},
		{[]string{"-files", "etc/*", "-files", "etc/["}, `one of ["etc/*" "etc/["] is no glob`},
		{[]string{"-files", ""}, `one of [""] is no glob`},
		{[]string{"-legacy", "-json"}, "-legacy goes without other flags"},
		{[]string{"-aws", "-state", "x"}, "-aws goes without -state"},
	} {
		stdout, stderr, code := call(t.Context(), c.args...)
		if code != 2 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: exit code %d: %s%s", c.args, code, stdout, stderr)
		}
	}
	stdout, _, code := call(t.Context(), "-help")
	if code != 0 || !strings.Contains(stdout, "zombie") || !strings.Contains(stdout, "-state directory") {
		t.Errorf("exit code %d:\n%s", code, stdout)
	}
}
