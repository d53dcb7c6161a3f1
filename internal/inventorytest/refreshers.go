package inventorytest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/refresh"
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
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the test
		os.Exit(0)
	}()
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
	p, err := refresh.NewPersister(declareEstate, b, nil)
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
	running := []*exec.Cmd{startRefresher(t, address, dir), startRefresher(t, address, dir)}
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
			must(running[at].Process.Kill())
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
		if diff := cmp.Diff(want, machinesOf(t, b, m)); diff != "" {
			t.Errorf("manager %s (- outside, + inventory):\n%s", m, diff)
		}
		must(r.Remove(t.Context(), m))
		must(r.AwaitRemoved(t.Context(), m))
		if left := machinesOf(t, b, m); len(left) > 0 {
			t.Errorf("manager %s is removed, and left are %q", m, left)
		}
	}
}

func pick(of []string) string { return of[rand.N(len(of))] }

// machinesOf returns the machines of a manager, each with its host.
func machinesOf(t testing.TB, in storage.Inventory, manager string) (out []string) {
	t.Helper()
	view, err := in.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := view.Close(); err != nil {
			t.Error(err)
		}
	}()
	rows := func(table string, columns ...string) [][]storage.Value {
		q := storage.RowQuery{Table: table}
		for _, c := range columns {
			q.Columns = append(q.Columns, storage.Column{Name: c})
		}
		var all [][]storage.Value
		for row, err := range view.Rows(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, slices.Clone(row))
		}
		return all
	}
	hosts := map[string]string{}
	for _, row := range rows("hosts", "id", "ref") {
		hosts[fmt.Sprint(row[0])] = row[1].Text()
	}
	for _, row := range rows("vms", "manager", "ref", "host_id") {
		if row[0].Text() == manager {
			out = append(out, row[1].Text()+"@"+hosts[fmt.Sprint(row[2])])
		}
	}
	slices.Sort(out)
	return out
}

func startRefresher(t testing.TB, address string, dir folder) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run=^TestRefreshingProcess$")
	cmd.Env = append(os.Environ(), refresherVar+"="+address+"\n"+string(dir))
	cmd.Stderr = t.Output()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // before its files are removed
		_ = stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}
