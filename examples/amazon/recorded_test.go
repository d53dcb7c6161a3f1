package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recording returns a file with what a real account answered.
func recording(t *testing.T) string {
	t.Helper()
	file := filepath.Join("..", "..", "..", "shared", "data", "aws", "full.jsonl")
	if _, err := os.Stat(file); err != nil {
		t.Skipf("there is no recording: %v", err)
	}
	return file
}

// rows returns how many rows tables have.
func rows(t *testing.T, file string, tables map[string]int) map[string]int {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing is written
	got := map[string]int{}
	for table := range tables {
		var n int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		got[table] = n
	}
	return got
}

// recordedTotals are what there is in the recording. One of the security groups is somebody else's, of which nothing but the
// id is known.
var recordedTotals = map[string]int{
	"vms": 9, "images": 243, "volumes": 148, "snapshots": 46, "network_ports": 19, "security_groups": 40, "subnets": 12,
	"networks": 5, "key_pairs": 64, "zones": 6, "stacks": 13, "load_balancers": 10, "floating_ips": 9, "databases": 2,
	"hardwares": 252, "operating_systems": 252, "members": 3, "attachments": 11, "rules": 117, "resources": 63,
}

func TestRecorded(t *testing.T) {
	t.Parallel()
	from := recording(t)
	for name, db := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := db(t)
			first := reported(t, "-replay", from, "-db", db)
			for table, n := range recordedTotals {
				if first.Counts[table] != n {
					t.Errorf("there are %d %s; %d are right", first.Counts[table], table, n)
				}
			}
			if len(first.Refused)+len(first.Duplicates)+len(first.NotRecorded) > 0 {
				t.Errorf("refused %v, duplicates %v, not recorded %v", first.Refused, first.Duplicates, first.NotRecorded)
			}
			checkUnresolved(t, from, first)
			second := reported(t, "-replay", from, "-db", db)
			if second.written() > 0 {
				t.Errorf("%d rows are written again", second.written())
			}
			checkUnresolved(t, from, second)
		})
	}
}

// checkUnresolved looks whether what references are said to point at in vain is in the recording as something of its own.
func checkUnresolved(t *testing.T, recording string, r *report) {
	t.Helper()
	text, err := os.ReadFile(recording)
	if err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`^(volumes|snapshots)\(ref="(\w+-\w+)"\)$`)
	for _, u := range r.Unresolved {
		to := key.FindStringSubmatch(u.To)
		if to == nil {
			t.Errorf("%s.%s → %s is not found", u.Collection, u.Column, u.To)
			continue
		}
		first := map[string]string{"volumes": "volumeId", "snapshots": "snapshotId"}[to[1]]
		if regexp.MustCompile(`<item>(\\n|\s)*<` + first + `>` + to[2] + `<`).Match(text) {
			t.Errorf("%s.%s → %s is in the recording, and is not found", u.Collection, u.Column, u.To)
		}
	}
}

// What is named comes out of the answers about everything.
func TestRecordedTargets(t *testing.T) {
	t.Parallel()
	from, db := recording(t), newFile(t)
	named := reported(t, "-replay", from, "-db", db, "-target", "vms=i-8b5739f2,i-680071e9", "-target", "load_balancers=EmSRefreshSpecVPCELB")
	want := map[string]int{
		"vms": 2, "images": 1, "key_pairs": 1, "zones": 1, "volumes": 3, "attachments": 3, "network_ports": 1, "floating_ips": 2,
		"subnets": 1, "networks": 1, "load_balancers": 1, "listeners": 2, "members": 1, "snapshots": 0, "databases": 0, "stacks": 0,
	}
	if diff := cmp.Diff(want, rows(t, db, want)); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
	if len(named.NotRecorded) > 0 {
		t.Errorf("not recorded are %q", named.NotRecorded)
	}
	// Everything after that, and the same names then, write only what is new.
	if full := reported(t, "-replay", from, "-db", db); full.written() == 0 {
		t.Error("a full refresh has found nothing new")
	}
	if diff := cmp.Diff(recordedTotals, rows(t, db, recordedTotals)); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
	if again := reported(t, "-replay", from, "-db", db, "-target", "vms=i-8b5739f2,i-680071e9"); again.written() > 0 {
		t.Errorf("%d rows are written again", again.written())
	}
}

func TestNotRecorded(t *testing.T) {
	t.Parallel()
	only := filepath.Join(t.TempDir(), "zones.jsonl")
	line := `{"service":"ec2","request":"Action=DescribeAvailabilityZones","request_content_type":"application/x-www-form-urlencoded",` +
		`"status":200,"response":"<R><availabilityZoneInfo><item><zoneName>z</zoneName><zoneState>available</zoneState></item></availabilityZoneInfo></R>"}` + "\n"
	if err := os.WriteFile(only, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	db := newFile(t)
	code, stdout, stderr := ran(t, "-replay", only, "-db", db)
	for _, want := range []string{"NOT ALL READ", "NOT RECORDED", "  ec2 DescribeVolumes", "  and 3 more; -json has all\n"} {
		if !regexp.MustCompile(regexp.QuoteMeta(want)).MatchString(stdout) {
			t.Errorf("it does not say %q:\n%s", want, stdout)
		}
	}
	if code != 1 || !regexp.MustCompile("NotRecorded").MatchString(stderr) {
		t.Errorf("%d: %s", code, stderr)
	}
	if got := rows(t, db, map[string]int{"zones": 1}); got["zones"] != 1 {
		t.Errorf("there are %d zones", got["zones"])
	}
}
