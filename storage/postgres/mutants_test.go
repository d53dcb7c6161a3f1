package postgres_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// A mutant is the store with something else in its SQL.
type mutant struct {
	name     string
	old, new string
	fails    []string // what must fail for it, "group/test" each, or a test that has no group
}

const (
	isOpen   = `EXISTS (SELECT 1 FROM reeve.message AS m WHERE m.kind = r.kind AND m.id = r.id AND m.ended IS NULL)`
	notHeld  = `(r.lease_until IS NULL OR r.lease_until <= reeve.clock())`
	notTaken = `(e.lease_until IS NULL OR e.lease_until <= reeve.clock())`
)

// mutants break one clause each.
var mutants = []mutant{
	{"a claim goes by the server's clock", `r.due <= reeve.clock()`, `r.due <= clock_timestamp()`, []string{
		"3 a claim hides what it hands out/only what is due", "4 no wake-up is lost/only NotBefore holds a turn up",
	}},
	{"a claim overlooks leases", notHeld, `true`, []string{
		"3 a claim hides what it hands out/for its time", "lease races/E6 one of many contenders wins",
	}},
	{"a claim gives the same token", `SET token = r.token + 1, owner = $3`, `SET owner = $3`, []string{
		"lease races/E1 what is refused is not written all the same",
	}},
	{"a claim begins with the newest", `ORDER BY d.due, d.kind, d.id LIMIT $2)`, `ORDER BY d.due DESC LIMIT $2)`, []string{
		"3 a claim hides what it hands out/the oldest first, then by kind and id",
	}},
	{"a take overlooks leases", notTaken, `true`, []string{
		"6 effects/a take hides what it hands out", "contenders/one performs an effect at a time",
	}},
	{"a release leaves the token", `SET token = r.token + 1, owner = '',`, `SET owner = '',`, []string{
		"3 a claim hides what it hands out/a released lease is no longer good",
	}},
	{"a release overlooks messages", `CASE WHEN ` + isOpen + ` THEN $3 ELSE`, `CASE WHEN false THEN $3 ELSE`, []string{
		"4 no wake-up is lost/releasing leaves a record with an open message due",
	}},
	{"a change overlooks messages", `SELECT CASE WHEN ` + isOpen, `SELECT CASE WHEN false`, []string{
		"4 no wake-up is lost/a message during a turn is not lost", "4 no wake-up is lost/applying leaves a record with an open message due",
		"contenders/no wake-up is lost between a turn and a message",
	}},
	{"a change overlooks elements", `AND e.due IS NOT NULL)`, `AND false)`, []string{
		"4 no wake-up is lost/elements that a change does not touch count",
	}},
	{"a change wakes whoever is paused", `due = CASE WHEN v.status = 'ok' AND NOT v.final THEN`, `due = CASE WHEN NOT v.final THEN`, []string{
		"random operations",
	}},
	{"a change may have an old version", ` OFFSET 0 FOR NO KEY UPDATE) AS r`, ` OFFSET 0) AS r`, []string{
		"contenders/no update is lost",
	}},
	{"a message wakes whoever is paused", `r.status = 'ok' AND NOT r.final AND (r.due IS NULL`, `(r.due IS NULL`, []string{
		"4 no wake-up is lost/paused records sleep until they are resumed",
	}},
	{"anybody's messages are consumed", `t.seq = v.seq AND t.kind = v.kind AND t.id = v.id AND`, `t.seq = v.seq AND`, []string{
		"5 messages/only the record's own are consumed",
	}},
	{"messages are consumed twice", `t.seq = v.seq AND t.kind = v.kind AND t.id = v.id AND t.ended IS NULL`, `t.seq = v.seq AND t.kind = v.kind AND t.id = v.id`, []string{
		"5 messages/only open ones are consumed",
	}},
	{"a slot holds the oldest", `SELECT max(n.seq)`, `SELECT min(n.seq)`, []string{
		"5 messages/a slot holds the newest",
	}},
	{"a slot is everybody's", `n.kind = v.kind AND n.id = v.id AND n.slot = v.slot`, `n.slot = v.slot`, []string{
		"5 messages/a slot is a record's own and holds what is open",
	}},
	{"a lane stands still", `AND first.behind`, `AND false`, []string{
		"6 lanes/one after another",
	}},
	{"a lane goes on beside what was canceled", `AND c.status = 'canceled'`, `AND c.status = 'nothing'`, []string{
		"6 lanes/one canceled while it runs is waited for", "6 lanes/each canceled while it runs is waited for",
	}},
	{"a lane begins at its end", `ORDER BY t.behind, t.seq LIMIT 1`, `ORDER BY t.behind, t.seq DESC LIMIT 1`, []string{
		"6 lanes/one after another", "6 lanes/a redriven one waits behind others",
	}},
	{"what was canceled is performed", `status = 'canceled', due = NULL,`, `status = 'canceled',`, []string{
		"6 effects/a canceled effect is not taken",
	}},
	{"what is kept is canceled", `v.lane = '' AND NOT t.keep`, `v.lane = ''`, []string{
		"6 effects/cancel chooses by operation and lane",
	}},
	{"the tally only grows", `$4::bigint * count(*)`, `abs($4::bigint) * count(*)`, []string{
		"elements/the tally follows changes",
	}},
	{"too much is pruned", `AND ended < $2`, `AND ended <= $2`, []string{
		"9 what has ended is pruned/not before its time",
	}},
}

// mutantVar tells a process which mutant it is to test.
const mutantVar = "REEVE_MUTANT"

// TestMutant is no test: it is what the processes of the next one do.
func TestMutant(t *testing.T) {
	t.Parallel()
	name, isOne := os.LookupEnv(mutantVar)
	if !isOne {
		t.Skip("only in a process of another test")
	}
	var m mutant
	if i := slices.IndexFunc(mutants, func(m mutant) bool { return m.name == name }); i >= 0 {
		m = mutants[i]
	}
	var changed atomic.Bool
	r := rewriter{rewrite: func(query string) string {
		in := strings.NewReplacer("reeve.", schemaPart.FindString(query))
		mutated := strings.ReplaceAll(query, in.Replace(m.old), in.Replace(m.new))
		changed.CompareAndSwap(false, mutated != query)
		return mutated
	}}
	url := inNoHurry(pgtest.URL(t))
	p := placesOn(t, url)
	p.pool, p.second = tracedPool(t, url, r), tracedPool(t, url, r)
	t.Cleanup(func() {
		if m.name != "" && !changed.Load() {
			t.Logf("no statement has the text %q", m.old)
		}
	})
	storagetest.Run(t, storagetest.Harness{New: p.backend})
}

var failed = regexp.MustCompile(`(?m)^\s+--- FAIL: TestMutant/(\S+) `)

// failing runs tests of the suite on a mutant in another process, and returns those that failed.
func failing(t *testing.T, name string, tests []string) (fails []string, output string) {
	t.Helper()
	var groups, cases []string
	for _, test := range tests {
		group, one, _ := strings.Cut(underlined(test), "/")
		groups, cases = append(groups, regexp.QuoteMeta(group)), append(cases, regexp.QuoteMeta(one))
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.v", "-rapid.nofailfile",
		"-test.run=^TestMutant$/^("+strings.Join(groups, "|")+")$/^("+strings.Join(cases, "|")+")$")
	cmd.Env = append(os.Environ(), mutantVar+"="+name, "REEVE_TEST_POSTGRES="+pgtest.URL(t))
	out, _ := cmd.CombinedOutput() // that it fails is what it is for
	for _, found := range failed.FindAllStringSubmatch(string(out), -1) {
		fails = append(fails, found[1])
	}
	return fails, string(out)
}

// underlined is the name of a test as it is printed.
func underlined(test string) string { return strings.ReplaceAll(test, " ", "_") }

// Each clause of the SQL is needed: without it, the tests that are named for it fail.
func TestMutants(t *testing.T) {
	t.Parallel()
	var all []string
	for _, m := range mutants {
		all = append(all, m.fails...)
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			fails, output := failing(t, m.name, m.fails)
			for _, test := range m.fails {
				if !slices.Contains(fails, underlined(test)) {
					t.Errorf("%q does not fail:\n%s", test, output)
				}
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		fails, output := failing(t, "none", all)
		if len(fails) > 0 {
			t.Errorf("without a mutant %q fail:\n%s", fails, output)
		}
		for _, test := range all {
			if !strings.Contains(output, "--- PASS: TestMutant/"+underlined(test)) {
				t.Errorf("there is no test %q", test)
			}
		}
	})
}
