package main

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"
)

// tree makes files below a new folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestDisks(t *testing.T) {
	t.Parallel()
	sys := tree(t, map[string]string{
		"block/sda/size": "2097152\n", "block/sda/queue/rotational": "1\n", "block/sda/device/model": "WD Blue   \n",
		"block/sdb/size": "16777216\n", "block/sdb/removable": "1\n", "block/sdb/device/model": "Stick\n",
		"block/loop0/size":       "0\n",
		"block/zram0/size":       "8\n",
		"block/odd/device/model": "Odd\n",
	})
	var f Facts
	f.readDisks(t.Context(), sys)
	want := []Disk{
		{Name: "odd", Model: "Odd"},
		{Name: "sda", Model: "WD Blue", Size: 1 << 30, Spinning: true},
		{Name: "sdb", Model: "Stick", Size: 8 << 30, Removable: true},
		{Name: "zram0", Size: 4096, Virtual: true},
	}
	if !reflect.DeepEqual(f.Disks, want) {
		t.Errorf("disks are\n%+v, want\n%+v", f.Disks, want)
	}
	if len(f.Unread) != 1 || f.Unread[0].Fact != "size of odd" {
		t.Errorf("unread are %v; the size of odd alone cannot be read", f.Unread)
	}
}

func TestHardware(t *testing.T) {
	t.Parallel()
	var f Facts
	f.readHardware(tree(t, map[string]string{"class/dmi/id/sys_vendor": "Acme\n", "class/dmi/id/product_name": "Anvil\n"}))
	if want := (Hardware{Vendor: "Acme", Product: "Anvil"}); f.Hardware != want {
		t.Errorf("hardware is %+v, want %+v", f.Hardware, want)
	}
	if len(f.Unread) != 1 || f.Unread[0].Fact != "serial number" || f.Unread[0].Reason == "" {
		t.Errorf("unread are %v; the serial number alone cannot be read", f.Unread)
	}
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has its facts in files that can be taken away")
	}
	t.Setenv("HOST_PROC", filepath.Join(t.TempDir(), "proc"))
	t.Setenv("HOST_SYS", filepath.Join(t.TempDir(), "sys"))
	r := inspected(t, 0)
	var unread []string
	for _, u := range r.Unread {
		unread = append(unread, u.Fact)
		if u.Reason == "" {
			t.Errorf("%s could not be read for no reason", u.Fact)
		}
	}
	for _, fact := range []string{"processor model", "memory", "hardware"} {
		if !slices.Contains(unread, fact) {
			t.Errorf("unread are %q; %q should be among them", unread, fact)
		}
	}
	wantText(t, "standard output", call(t.Context()).stdout, `NOT READ(.|\n)*  memory  +\S`)
}

func TestGatherEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if f, err := gather(ctx); err == nil {
		t.Errorf("it gave %+v; want an error", f)
	}
}

func TestProcess(t *testing.T) {
	t.Parallel()
	const gib = 1 << 30
	f := &Facts{
		System:     System{Architecture: "riscv64"},
		Processors: Processors{Cores: 4, Threads: 8},
		Memory:     Memory{Total: 16 * gib},
		Disks: []Disk{
			{Name: "big", Size: 4096 * gib},
			{Name: "root", Size: 64 * gib},
			{Name: "tiny", Size: gib},
			{Name: "stick", Size: 8 * gib, Removable: true},
			{Name: "loop0", Size: 8 * gib, Virtual: true},
		},
		Interfaces: []Interface{{Name: "lo", Up: true}, {Name: "eth0", MAC: "aa"}, {Name: "eth1", MAC: "bb", Up: true}},
	}
	got, err := process(f)
	want := &Properties{CPUs: 8, Architecture: "riscv64", MemoryMB: 16384, LocalGB: 64, RootDisk: "root", BootMAC: "bb"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("properties are %+v, %v, want %+v", got, err, want)
	}
	if got, err := process(&Facts{Hostname: "ghost"}); err == nil {
		t.Errorf("facts of nothing gave %+v; want an error", got)
	}
}
