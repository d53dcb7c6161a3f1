package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/examples/transfer/connector"
	"github.com/reeve-go/reeve/examples/transfer/edc"
	"github.com/reeve-go/reeve/internal/pgtest"
)

// asProgram makes the test binary the program itself, for tests that need a process.
const asProgram = "TRANSFER_AS_PROGRAM"

// The test binary is the program as well, so that the demonstration can start its processes.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && slices.Contains([]string{connecting, provisioningBuckets}, os.Args[1]) || os.Getenv(asProgram) != "" {
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

// inDirectories has shares be directories, whatever is in the environment.
const inDirectories = "-postgres="

// inTime runs the demonstration with -json until the processes were killed at their best moments, so that something was found. All times go by the beat:
// where a machine is busy with other things those moments may pass unseen, and there is more time with a longer beat.
func inTime(t *testing.T, args ...string) *report {
	t.Helper()
	for _, beat := range []time.Duration{40 * time.Millisecond, 150 * time.Millisecond, 500 * time.Millisecond} {
		r := reported(t, append(args, fmt.Sprint("-beat=", beat), fmt.Sprint("-timeout=", 3000*beat))...)
		if r.Killed == 2 && r.Found > 0 {
			return r
		}
		t.Logf("with a beat of %v, %d processes were killed, and %d resources were found", beat, r.Killed, r.Found)
	}
	t.Fatal("no process was killed at a good moment")
	return nil
}

// reported runs the demonstration with -json.
func reported(t *testing.T, args ...string) *report {
	t.Helper()
	stdout, stderr, code := call(t.Context(), append([]string{"-json", "-beat", "40ms"}, args...)...)
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s\n%s", code, stderr, stdout)
	}
	r := new(report)
	decoder := json.NewDecoder(strings.NewReader(stdout))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(r); err != nil || decoder.More() {
		t.Fatalf("it wrote more or less than one object: %v\n%s", err, stdout)
	}
	return r
}

// Whatever the seed draws, every story is told, and every resource is accounted for.
func TestSeeds(t *testing.T) {
	t.Parallel()
	for seed := range 3 {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			r := inTime(t, "-seed", strconv.Itoa(seed), inDirectories)
			if r.Seed != uint64(seed) || r.Shares != "directories" || len(r.Transfers) != len(stories) {
				t.Errorf("seed %d, %s, %d transfers", r.Seed, r.Shares, len(r.Transfers))
			}
			checkReport(t, r)
		})
	}
}

// checkReport checks a report of all stories.
func checkReport(t *testing.T, r *report) {
	t.Helper()
	told := map[string]bool{}
	for _, of := range r.Transfers {
		told[of.Story] = true
		if of.Consumer != edc.Deprovisioned || of.Provider != edc.Deprovisioned && of.Provider != "" {
			t.Errorf("%s ended as %q and %q", of.ID, of.Consumer, of.Provider)
		}
	}
	if len(told) != len(stories) {
		t.Errorf("these stories were told: %v", told)
	}
	buckets, shares := r.End[connector.Bucket], r.End[connector.Share]
	if buckets.Abandoned != 1 || shares.Abandoned != 0 || buckets.Released < 5 || shares.Released < 4 {
		t.Errorf("in the end: buckets %+v, shares %+v", *buckets, *shares)
	}
	if running := r.Running[connector.Share]; running.Present != 1 || r.Running[connector.Bucket].Present != 2 {
		t.Errorf("while one goes on: %+v", *running)
	}
	if r.Killed != 2 || r.Found == 0 {
		t.Errorf("%d processes were killed, and %d resources were found", r.Killed, r.Found)
	}
	if c := r.Provisioner; c.Busy+c.Broken+c.Cut == 0 || c.Dropped+c.Twice+c.Early+c.Late == 0 || c.Told == 0 {
		t.Errorf("nothing went wrong at the provisioner: %+v", c)
	}
}

// What people see.
func TestDemonstration(t *testing.T) {
	t.Parallel()
	stdout, stderr, code := call(t.Context(), "-beat", "40ms", "-seed", "7", inDirectories)
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s\n%s", code, stderr, stdout)
	}
	for _, want := range []string{
		"begins, and will call off while the provider provisions",
		"consumer  PROVISIONING_REQUESTED (250)",
		"the connector is killed in the middle of",
		"the provisioner is killed in the middle of",
		"DEPROVISIONING_FAILED (975)",
		"its destination is abandoned: the auditors have it now",
		"all that has not ended is called off",
		"a bucket of 1001 is too large",
		"in the end: share",
		"The shares are directories. 2 processes were killed.",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the demonstration does not say %q:\n%s", want, stdout)
		}
	}
	for name, want := range map[string]int{connecting: 2, provisioningBuckets: 2} {
		if n := strings.Count(stdout, "the "+name+" is process"); n != want {
			t.Errorf("the %s was started %d times, not %d", name, n, want)
		}
	}
}

// Databases and roles are real, and none is left.
func TestDatabases(t *testing.T) {
	t.Parallel()
	server := pgtest.URL(t)
	r := inTime(t, "-postgres", server, "-seed", "2")
	if r.Shares != "databases" {
		t.Errorf("the shares were %s", r.Shares)
	}
	checkReport(t, r)
	db, err := pgx.Connect(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(t.Context())) }()
	var left []string
	const all = "SELECT coalesce(array_agg(name), '{}') FROM (SELECT datname FROM pg_database UNION SELECT rolname FROM pg_roles) AS of (name) WHERE starts_with(name, 'transfer_')"
	if err := db.QueryRow(t.Context(), all).Scan(&left); err != nil || len(left) > 0 {
		t.Errorf("is left: %v (%v)", left, err)
	}
}

func TestFew(t *testing.T) {
	t.Parallel()
	r := reported(t, "-n", "1", inDirectories)
	if len(r.Transfers) != 1 || r.End[connector.Bucket].Leaked != 0 {
		t.Errorf("%+v", r)
	}
}

func TestTimeIsUp(t *testing.T) {
	t.Parallel()
	_, stderr, code := call(t.Context(), "-timeout", "300ms", inDirectories)
	if code != 1 || stderr != "transfer: it did not come to an end within 300ms\n" {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestRepairsAreShown(t *testing.T) {
	t.Parallel()
	stdout, stderr, code := call(t.Context(), repairs)
	if code != 0 || stderr != "" || !strings.Contains(stdout, "a resumed transfer can be terminated\n    row added: RESUMED --transitionTerminated--> TERMINATED") {
		t.Errorf("exit code %d: %s%s", code, stderr, stdout)
	}
}

func TestCalledWrongly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-n", "0"}, "-n is 0; 1 to 100 are right"},
		{[]string{"-beat", "1ms"}, "a beat of 1ms is too short"},
		{[]string{"-timeout", "0"}, "-timeout is not positive"},
		{[]string{"-fast"}, "flag provided but not defined: -fast"},
		{[]string{"dance"}, `"dance" is nothing it can do`},
		{[]string{"-json", "more"}, `["more"] is more than flags`},
	} {
		stdout, stderr, code := call(t.Context(), c.args...)
		if code != 2 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: exit code %d: %s%s", c.args, code, stdout, stderr)
		}
	}
	stdout, _, code := call(t.Context(), "-help")
	if code != 0 || !strings.Contains(stdout, "leaked") || !strings.Contains(stdout, "-postgres URL") {
		t.Errorf("exit code %d:\n%s", code, stdout)
	}
}
