package refresh_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
)

func persister(t testing.TB, o *refresh.PersisterOptions) *refresh.Persister[*estate] {
	t.Helper()
	p, err := refresh.NewPersister(declare, inventory(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// names returns an inventory for naming rows.
func names(t testing.TB, p *refresh.Persister[*estate]) *estate {
	t.Helper()
	e, err := p.Inventory()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func target(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTargetsAreKeptOnce(t *testing.T) {
	t.Parallel()
	p := persister(t, nil)
	a, b := names(t, p), names(t, p)
	var targets, others refresh.Targets
	target(t, a.VMs.Target(&targets, VM{Ref: "1", Name: "the name does not count"}))
	target(t, b.VMs.Target(&targets, VM{Ref: "1"}))
	target(t, a.Disks.Target(&targets, Disk{VM: a.VMs.LazyFind("1"), Device: "sda"}))
	target(t, b.Disks.Target(&others, Disk{VM: b.VMs.LazyFind("1"), Device: "sda"}))
	target(t, b.Disks.Target(&others, Disk{VM: b.VMs.LazyFind("2"), Device: "sda"}))
	target(t, b.Disks.Target(&others, Disk{VM: b.VMs.LazyFindBy("by_uuid", VM{UUID: "2"}), Device: "sda"}))
	targets.Merge(&others)
	if got := targets.Len(); got != 4 {
		t.Errorf("there are %d targets; 4 rows were named", got)
	}
	vms, err := b.VMs.Targets(&targets)
	if err != nil || !slices.Equal(vms, []VM{{Ref: "1"}}) {
		t.Errorf("the VMs are %v, %v", vms, err)
	}
	c := names(t, p)
	disks, err := c.Disks.Targets(&targets)
	if err != nil {
		t.Fatal(err)
	}
	want := []Disk{
		{VM: c.VMs.LazyFind("1"), Device: "sda"},
		{VM: c.VMs.LazyFind("2"), Device: "sda"},
		{VM: c.VMs.LazyFindBy("by_uuid", VM{UUID: "2"}), Device: "sda"},
	}
	for i := range want {
		if disks[i] != want[i] {
			t.Errorf("disk %d is %v; it was added as %v", i, disks[i], want[i])
		}
	}
	if hosts, err := c.Hosts.Targets(&targets); len(hosts) > 0 || err != nil {
		t.Errorf("there are hosts %v, %v", hosts, err)
	}
	if hosts, err := c.Hosts.Targets(nil); len(hosts) > 0 || err != nil {
		t.Errorf("of no targets there are hosts %v, %v", hosts, err)
	}
}

func TestTargetsTravelAsJSON(t *testing.T) {
	t.Parallel()
	p := persister(t, nil)
	word := rapid.SampledFrom([]string{"a", "b", "a__b", `"`, "row", `{"row":{}}`, "\x00", "ü"})
	rapid.Check(t, func(t *rapid.T) {
		e, err := p.Inventory()
		if err != nil {
			t.Fatal(err)
		}
		var sent, got refresh.Targets
		for range rapid.IntRange(0, 6).Draw(t, "targets") {
			vm := VM{Ref: word.Draw(t, "ref"), UUID: word.Draw(t, "uuid")}
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				err = e.VMs.Target(&sent, vm)
			case 1:
				err = e.Disks.Target(&sent, Disk{VM: e.VMs.LazyFindLike(vm), Device: word.Draw(t, "device")})
			case 2:
				err = e.Disks.Target(&sent, Disk{VM: e.VMs.LazyFindBy("by_uuid", vm), Device: word.Draw(t, "device")})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		text, err := json.Marshal(sent)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		for _, both := range []func(*refresh.Targets) string{
			func(of *refresh.Targets) string { vms, err := e.VMs.Targets(of); return fmt.Sprint(vms, err) },
			func(of *refresh.Targets) string { disks, err := e.Disks.Targets(of); return fmt.Sprint(disks, err) },
		} {
			if both(&sent) != both(&got) {
				t.Errorf("sent was %s, which came as %s", both(&sent), both(&got))
			}
		}
		if again, err := json.Marshal(&got); string(again) != string(text) || err != nil {
			t.Errorf("%s is written again as %s, %v", text, again, err)
		}
		before := got.Len()
		if got.Merge(&sent); got.Len() != before || before != sent.Len() {
			t.Errorf("%d targets became %d, and with themselves %d", sent.Len(), before, got.Len())
		}
	})
}

func TestTargetsAreReadable(t *testing.T) {
	t.Parallel()
	p := persister(t, nil)
	e := names(t, p)
	var targets refresh.Targets
	target(t, e.Disks.Target(&targets, Disk{VM: e.VMs.LazyFindBy("by_uuid", VM{UUID: "u"}), Device: "sda"}))
	text, err := json.Marshal(targets)
	const want = `{"disks":[{"device":"sda","vm_id":{"row":{"collection":"vms","by":"by_uuid","key":{"uuid":"u"}}}}]}`
	if string(text) != want || err != nil {
		t.Errorf("the targets are %s, %v; %s is right", text, err, want)
	}
}

func TestTargetsThatAreNone(t *testing.T) {
	t.Parallel()
	p := persister(t, nil)
	for text, words := range map[string]string{
		`{"vm":[{"ref":"1"}]}`:                 `targets are in collection "vm", which there is not`,
		`{"vms":[{"name":"1"}]}`:               `collection "vms": a key lacks column "ref"`,
		`{"vms":[{"ref":"1","name":"1"}]}`:     `collection "vms": a key has column "name"`,
		`{"vms":[{"ref":""}]}`:                 `collection "vms": column "ref" of its key is null or empty`,
		`{"vms":[{"ref":null}]}`:               `collection "vms": column "ref"`,
		`{"vms":[{"ref":7}]}`:                  `collection "vms": column "ref": 7 is no string`,
		`{"disks":[{"vm_id":7,"device":"a"}]}`: `collection "disks": column "vm_id": it is 7 and has to point at a row`,
		`{"vms":[{"ref":{"row":{"collection":"hosts","key":{"ref":"1"}}}}]}`:                            `column "ref": it points at a row of collection "hosts" and is no reference`,
		`{"disks":[{"device":"a","vm_id":{"row":{"collection":"hosts","key":{"ref":"1"}}}}]}`:           `column "vm_id": it points at a row of collection "hosts", and cannot`,
		`{"disks":[{"device":"a","vm_id":{"row":{"collection":"vms","by":"x","key":{"ref":"1"}}}}]}`:    `collection "vms" has no index "x"; there is "by_uuid"`,
		`{"disks":[{"device":"a","vm_id":{"row":{"collection":"vms","key":{"uuid":"1"}}}}]}`:            `collection "vms": a key lacks column "ref"`,
		`{"disks":[{"device":"a","vm_id":{"row":{"collection":"vms","key":{"ref":"1"},"more":true}}}]}`: `column "vm_id"`,
		`{"vms":7}`: `that are no targets`,
		`[]`:        `that are no targets`,
	} {
		var targets refresh.Targets
		err := json.Unmarshal([]byte(text), &targets)
		if err == nil {
			_, err = p.Open(t.Context(), "one", &targets)
		}
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: the error is %v; it has to say %s", text, err, words)
		}
	}
	e, other := names(t, p), names(t, p)
	var targets refresh.Targets
	for words, err := range map[string]error{
		`a target in collection "vms": column "ref" of its key is null or empty`: e.VMs.Target(&targets, VM{}),
		`column "vm_id" of its key is null or empty`:                             e.Disks.Target(&targets, Disk{Device: "sda"}),
		`another refresh's collection "vms"`:                                     e.Disks.Target(&targets, Disk{VM: other.VMs.LazyFind("1"), Device: "sda"}),
	} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("the error is %v; it has to say %s", err, words)
		}
	}
	if targets.Len() != 0 {
		t.Errorf("%d targets are there that are none", targets.Len())
	}
}
