package inventorytest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/internal/childtest"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A Backend keeps records and an inventory.
type Backend interface {
	storage.Store
	storage.Inventory
}

// refresherVar tells a process that it is to refresh: the address of the backend and the outside, in lines of their own.
const refresherVar = "REEVE_REFRESHER"

// RefreshingProcess is all that a package's TestRefreshingProcess calls, where [RunRefreshers] is used. In a process
// that this began it refreshes managers until it is killed or the test has ended. Elsewhere it skips the test.
func RefreshingProcess(t *testing.T, open func(t testing.TB, address string) Backend) {
	t.Helper()
	text, isOne := os.LookupEnv(refresherVar)
	if !isOne {
		t.Skip("only in a process of another test")
	}
	address, dir, _ := strings.Cut(text, "\n")
	r, _ := refresherOn(t, open(t, address), folder(dir))
	s, err := supervision.New(&supervision.Options{Poll: 20 * time.Millisecond, Lease: 400 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	r.Supervise(s)
	childtest.EndWithTest()
	t.Log(s.Run(t.Context()))
}

// A folder is an outside that processes share: a file for each machine of a manager, with the name of its host.
type folder string

func (f folder) path(manager, vm string) string { return filepath.Join(string(f), manager+" "+vm) }

// set has a machine be on a host; without one it is gone.
func (f folder) set(t testing.TB, manager, vm, host string) {
	t.Helper()
	path := f.path(manager, vm)
	var err error
	if host == "" {
		err = os.Remove(path)
	} else if err = os.WriteFile(path+"~", []byte(host), 0o600); err == nil {
		err = os.Rename(path+"~", path)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}

// read returns the host of each machine of a manager that is wanted.
func (f folder) read(manager string, wanted func(vm string) bool) (Cloud, error) {
	var c Cloud
	entries, err := os.ReadDir(string(f))
	if err != nil {
		return c, err
	}
	for _, e := range entries {
		of, vm, _ := strings.Cut(e.Name(), " ")
		if of != manager || strings.HasSuffix(vm, "~") || !wanted(vm) {
			continue
		}
		host, err := os.ReadFile(f.path(manager, vm))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return c, err
		}
		c.VMs = append(c.VMs, CloudVM{Ref: vm, Host: string(host)})
	}
	for _, host := range []string{"h1", "h2", "h3"} {
		c.Hosts = append(c.Hosts, CloudHost{Ref: host})
	}
	return c, nil
}

// A folderReader makes a folder a collector.
type folderReader struct {
	folder

	names *Estate
}

func (f folderReader) Full(ctx context.Context, manager string) (Cloud, error) {
	c, err := f.read(manager, func(string) bool { return true })
	return c, errors.Join(err, f.dawdle(ctx))
}

func (f folderReader) Targeted(ctx context.Context, manager string, t *refresh.Targets) (Cloud, error) {
	rows, err := f.names.VMs.Targets(t)
	if err != nil {
		return Cloud{}, err
	}
	c, err := f.read(manager, func(vm string) bool {
		return slices.ContainsFunc(rows, func(row VM) bool { return row.Ref == vm })
	})
	return c, errors.Join(err, f.dawdle(ctx))
}

// dawdle gives others the time to come in between.
func (folderReader) dawdle(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(rand.N(50 * time.Millisecond)):
		return nil
	}
}

func refresherOn(t testing.TB, b Backend, f folder) (*refresh.Refresher[Cloud, *Estate], *Estate) {
	t.Helper()
	p, err := refresh.NewPersister(func(b *refresh.Builder) *Estate { return declareHashedEstate(b, hashes.Name) }, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	names, err := p.Inventory()
	if err != nil {
		t.Fatal(err)
	}
	parsers := []refresh.Parser[Cloud, *Estate]{{Name: "hosts", Parse: ParseHosts}, {Name: "vms", Parse: ParseVMs}}
	r, err := refresh.NewRefresher(b, folderReader{f, names}, p, parsers, &refresh.RefresherOptions{
		Delay: 10 * time.Millisecond, Threshold: 5, Logger: slog.New(slog.DiscardHandler),
		Wait: func(string, int) time.Duration { return 50 * time.Millisecond },
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, names
}

// RunRefreshers tests that programs which refresh managers on one backend, and of which one after another is killed,
// miss nothing of what they are asked for: in the end the inventory is as the outside is. The backend has the tables of
// [EstateTables]. The package's TestRefreshingProcess has to call [RefreshingProcess].
func RunRefreshers(t *testing.T, b Backend, address string) {
	t.Helper()
	dir := folder(t.TempDir())
	r, names := refresherOn(t, b, dir)
	managers := []string{"east", "west"}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range managers {
		must(r.Add(t.Context(), m))
	}
	running := []*process{startRefresher(t, address, dir), startRefresher(t, address, dir)}
	rounds := 150
	if testing.Short() {
		rounds = 40
	}
	for range rounds {
		m, vm := pick(managers), pick([]string{"a", "b", "c", "d", "e", "f", "g"})
		dir.set(t, m, vm, pick([]string{"", "h1", "h2", "h3"}))
		var row refresh.Targets
		must(names.VMs.Target(&row, VM{Ref: vm}))
		must(r.Request(t.Context(), m, &row))
		switch rand.N(8) {
		case 0:
			must(r.Request(t.Context(), m, nil))
		case 1:
			at := rand.N(len(running))
			running[at].kill(t)
			running[at] = startRefresher(t, address, dir)
		}
		<-time.After(rand.N(40 * time.Millisecond))
	}
	for _, m := range managers {
		for {
			_, err := r.Await(t.Context(), m)
			if errors.Is(err, refresh.ErrFailing) { // somebody was killed
				<-time.After(10 * time.Millisecond)
				continue
			}
			must(err)
			break
		}
		c, err := dir.read(m, func(string) bool { return true })
		must(err)
		var want []string
		for _, vm := range c.VMs {
			want = append(want, vm.Ref+"@"+vm.Host)
		}
		slices.Sort(want)
		is, err := Machines(t.Context(), b, m)
		must(err)
		if diff := cmp.Diff(want, is); diff != "" {
			t.Errorf("manager %s (- outside, + inventory):\n%s", m, diff)
		}
		must(r.Remove(t.Context(), m))
		must(r.AwaitRemoved(t.Context(), m))
		left, err := Machines(t.Context(), b, m)
		must(err)
		if len(left) > 0 {
			t.Errorf("manager %s is removed, and left are %q", m, left)
		}
	}
}

func startRefresher(t testing.TB, address string, dir folder) *process {
	t.Helper()
	return &process{childtest.Spawn(t, "TestRefreshingProcess", refresherVar, address+"\n"+string(dir))}
}

func pick(of []string) string { return of[rand.N(len(of))] }

// Machines returns the machines that a manager has in table vms, each with its host: vm@host.
func Machines(ctx context.Context, in storage.Inventory, manager string) (out []string, err error) {
	all, err := refreshtest.Dump(ctx, in, []string{"hosts", "vms"}, nil)
	if err != nil {
		return nil, err
	}
	refOf := func(key string) (ref string, own bool, err error) {
		text, own := strings.CutPrefix(key, fmt.Sprintf("manager=%q ref=", manager))
		if own {
			ref, err = strconv.Unquote(text)
		}
		return ref, own, err
	}
	for key, row := range all["vms"] {
		vm, own, err := refOf(key)
		if err != nil {
			return nil, err
		}
		if !own {
			continue
		}
		host, _, err := refOf(strings.Trim(row["host_id"], "()"))
		if err != nil {
			return nil, err
		}
		out = append(out, vm+"@"+host)
	}
	slices.Sort(out)
	return out, nil
}
