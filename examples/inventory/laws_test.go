package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/examples/inventory/machine"
	"github.com/reeve-go/reeve/examples/inventory/machine/machinetest"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// A world is a machine that is drawn.
type world struct {
	Users    []string // lines of /etc/passwd
	Groups   []string // and of /etc/group
	Packages []string

	Processes map[int]int // when the process of that number began
	Names     int         // what they call themselves
	Sockets   []int
}

func drawWorld(t *rapid.T) world {
	users := []string{"root:x:0:0::/root:/bin/sh", "toor:x:0:0::/root:", "ann:x:1000:100::/home/ann:", "bob:x:1001:7::/:"}
	w := world{
		Users:    rapid.Permutation(users).Draw(t, "users")[:rapid.IntRange(1, len(users)).Draw(t, "so many")],
		Packages: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a 1", "a 2", "b 1", "c 1:2-3"}), 1, 3, func(p string) string { return p[:1] }).Draw(t, "packages"),
	}
	member := rapid.SampledFrom([]string{"root", "ann", "bob", "ghost"})
	for i, name := range []string{"root:x:0:", "users:x:100:", "staff:x:100:"}[:rapid.IntRange(1, 3).Draw(t, "groups")] {
		w.Groups = append(w.Groups, name+strings.Join(rapid.SliceOfN(member, 0, 3).Draw(t, fmt.Sprint("members ", i)), ","))
	}
	w.drawMoving(t)
	return w
}

// drawMoving draws what -watch follows.
func (w *world) drawMoving(t *rapid.T) {
	w.Processes = rapid.MapOfN(rapid.IntRange(2, 6), rapid.IntRange(1, 3), 0, 5).Draw(t, "processes")
	w.Names = rapid.IntRange(0, 3).Draw(t, "names")
	w.Sockets = rapid.SliceOfNDistinct(rapid.IntRange(0, 5), 0, 5, rapid.ID).Draw(t, "sockets")
}

var hostile = []string{"a", "b (c) d", "new\nline", "\xff) S 1 1", ""}

// machine returns the machine. As with a kernel, what a process is depends on nothing but who it is: a process that
// has the number of another has another parent and user, and a process whose parent ends gets the first one.
func (w world) machine() *machine.Machine {
	f := machinetest.New()
	f.File("etc/passwd", strings.Join(w.Users, "\n"))
	f.File("etc/group", strings.Join(w.Groups, "\n"))
	f.Packages(w.Packages...)
	f.Process(1, 0, 0, 0, "init", "/sbin/init")
	for pid, started := range w.Processes {
		parent, since := 2+(pid+started)%5, (pid+started)%4
		if began, runs := w.Processes[parent]; !runs || began != since || since >= started {
			parent = 1
		}
		name := (pid + started) % len(hostile)
		if pid == 2 {
			name = w.Names
		}
		f.Process(pid, parent, started, []int{0, 1000, 7}[(pid+started)%3], hostile[name], hostile[(pid*started)%len(hostile)])
		for _, s := range w.Sockets {
			if (pid+started+s)%3 == 0 {
				f.Opens(pid, 3+s, fmt.Sprintf("socket:[%d]", 90+s))
			}
		}
	}
	var lines []string
	for _, s := range slices.Sorted(slices.Values(w.Sockets)) {
		address := []string{"0100007F", "00000000", "0200A8C0"}[s%3]
		lines = append(lines, fmt.Sprintf("%s:%04X 0A %d", address, 80+s/2, 90+s))
	}
	f.Sockets("tcp", lines...)
	return f.Machine()
}

// tablesOf returns the tables of tables.sql.
func tablesOf(t *testing.T) (of []storage.Table, names []string) {
	t.Helper()
	db, store, err := open(t.Context(), newFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing was written
	for line := range strings.SplitSeq(tables, "\n") {
		rest, isTable := strings.CutPrefix(line, "CREATE TABLE IF NOT EXISTS ")
		if !isTable {
			continue
		}
		name := strings.Trim(strings.TrimSuffix(rest, " ("), `"`)
		one, err := store.Describe(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		of, names = append(of, *one), append(names, name)
	}
	return of, names
}

func TestParserKeepsTheLaws(t *testing.T) {
	t.Parallel()
	of, _ := tablesOf(t)
	refreshtest.Check(t, refreshtest.Harness[world, *Inventory]{
		Declare: declare,
		Options: &refresh.PersisterOptions{Scope: scope},
		Open: func(t refreshtest.TB) storage.Inventory {
			in, err := memory.NewInventory(of...)
			if err != nil {
				t.Fatal(err)
			}
			return in
		},
		Worlds:  rapid.Custom(drawWorld),
		Parsers: lawful(),
		Accept: func(_ world, p *refresh.Plan) error {
			if len(p.Refused()) > 0 {
				return fmt.Errorf("refused: %v", p.Refused())
			}
			return nil // users with one number, members that are nobody: such is the world
		},
	})
}

// lawful returns the parsers, each with a reading of its own.
func lawful() (out []refreshtest.Parser[world, *Inventory]) {
	for _, p := range parsers {
		out = append(out, func(ctx context.Context, w world, inv *Inventory) error { return p.Parse(ctx, w.machine().Full(), inv) })
	}
	return out
}

// To read again what looks other than before leaves the same as to read everything.
func TestTargetedIsAsGoodAsFull(t *testing.T) {
	t.Parallel()
	of, names := tablesOf(t)
	rapid.Check(t, func(rt *rapid.T) {
		before := drawWorld(rt)
		after := before
		after.drawMoving(rt)
		rapid.SyncTest(rt, func(rt *rapid.T) {
			if diff := cmp.Diff(left(rt, of, names, before, after, false), left(rt, of, names, before, after, true)); diff != "" {
				rt.Errorf("from %+v\nto %+v (-full +targeted):\n%s", before, after, diff)
			}
		})
	})
}

// left returns what is in the tables after a machine has become another one and was refreshed.
func left(t *rapid.T, of []storage.Table, names []string, before, after world, targeted bool) refreshtest.Tables {
	in, err := memory.NewInventory(of...)
	if err != nil {
		t.Fatal(err)
	}
	k := keptIn(t, before.machine(), memory.New(nil), in)
	refreshed(t, k, nil)
	old, err := k.from.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k.from = after.machine()
	var targets *refresh.Targets
	if targeted {
		now, err := k.from.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if targets, err = k.targets(now.Since(old)); err != nil {
			t.Fatal(err)
		}
	}
	if !targeted || targets.Len() > 0 {
		refreshed(t, k, targets)
	}
	out, err := refreshtest.Dump(t.Context(), in, names, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
