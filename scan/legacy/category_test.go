package legacy_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/legacy"
	"github.com/reeve-go/reeve/scan/scantest"
)

// read returns the facts of a document, as JSON by their keys, and what was noted.
func read(t testing.TB, category, document string) (facts map[string]string, notes []string) {
	t.Helper()
	facts = map[string]string{}
	err := legacy.Items(category, document, func(key string, value any) error {
		v, err := json.Marshal(value)
		if _, twice := facts[key]; twice {
			t.Errorf("the key %q is there twice", key)
		}
		facts[key] = string(v)
		return err
	}, func(_ string, err error) { notes = append(notes, err.Error()) })
	if err != nil {
		t.Fatal(err)
	}
	return facts, notes
}

// seq yields facts as a result has them.
func seq(facts map[string]string) iter.Seq2[scan.Item, error] {
	return func(yield func(scan.Item, error) bool) {
		for key, value := range facts {
			if !yield(scan.Item{Key: key, Value: json.RawMessage(value)}, nil) {
				return
			}
		}
	}
}

// The documents of agents say what they say.
func TestItems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		category string
		want     map[string]string
	}{
		{"accounts", map[string]string{
			"user/root":  `{"name":"root","uid":0,"gid":0,"groups":["root"],"comment":"root","home":"/root","password":"unknown"}`,
			"user/ann":   `{"name":"ann","uid":1000,"gid":0,"groups":["adm","ann"],"comment":"Ann \u0026 co","home":"/home/ann","password":"unknown"}`,
			"group/root": `{"name":"root","gid":0,"members":["root"]}`,
			"group/adm":  `{"name":"adm","gid":4,"members":["ann"]}`,
			"group/ann":  `{"name":"ann","gid":1000,"members":["ann"]}`,
		}},
		{"services", map[string]string{
			"unit/cron.service": `{"state":"","file":"usr/lib/systemd/system/cron.service","description":"Regular background program processing daemon"}`,
			"init/old":          `{"file":"etc/init.d/old","description":"An old one","start":["2","3"],"stop":["0"]}`,
		}},
		{"software", map[string]string{
			"dpkg/bash:": `{"name":"bash","version":"5.2.15-2+b7","section":"shells","description":"GNU Bourne Again SHell","state":"installed"}`,
			"rpm/bash:x86_64": `{"name":"bash","version":"5.1.8","release":"6.el9","arch":"x86_64","group":"Unspecified","description":"The GNU Bourne Again shell",` +
				`"url":"https://www.gnu.org/software/bash","built":"2025-01-01T00:00:00Z","installed":"2026-01-01T00:00:00Z"}`,
		}},
		{"system", map[string]string{
			"os":                       `{"id":"debian","name":"Debian","pretty":"Debian GNU/Linux 12 (bookworm)"}`,
			"hostname":                 `{"name":"web1"}`,
			"policy/lockout_threshold": `{"value":"42"}`,
			"network/eth0": `{"settings":[{"file":"","method":"static","addresses":["192.0.2.7/255.255.255.0"],"gateways":["192.0.2.1"],` +
				`"dns":["192.0.2.53","192.0.2.54"]}]}`,
		}},
	} {
		got, notes := read(t, c.category, golden(t, c.category+".xml"))
		if d := cmp.Diff(c.want, got); d != "" || notes != nil {
			t.Errorf("%s: %v\n%s", c.category, notes, d)
		}
		// And back: an agent that found this would say so.
		document, err := legacy.Document(c.category, seq(got))
		if err != nil {
			t.Fatal(err)
		}
		again, notes := read(t, c.category, document)
		if d := cmp.Diff(got, again); d != "" || notes != nil {
			t.Errorf("%s, written as %s: %v\n%s", c.category, document, notes, d)
		}
	}
}

// An empty document says that there is nothing, which is another thing than to say nothing.
func TestItemsEmpty(t *testing.T) {
	t.Parallel()
	for _, category := range legacy.Categories() {
		document, err := legacy.Document(category, seq(nil))
		if want := "<miq><" + category + "/></miq>"; err != nil || document != want {
			t.Errorf("an empty document is %q, %v, want %q", document, err, want)
		}
		if facts, notes := read(t, category, document); len(facts)+len(notes) > 0 {
			t.Errorf("%q says %v, %v", document, facts, notes)
		}
	}
}

// What makes no sense in a document is left out and noted, and the rest is told.
func TestItemsNote(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		category, facts, says string
	}{
		{"accounts", "<users><user name='a' userid='S-1-5-21'/><user userid='1'/><user name='b' userid='1'/></users>", "the userid of user \"a\" is \"S-1-5-21\""},
		{"accounts", "<groups><group name='a' groupid=''/><group name='b' groupid='1'/></groups>", "the groupid of group \"a\" is \"\""},
		{"services", "<service name='a' typename='win32'/><service name='b' typename='linux_systemd'/>", `service "a" has the typename "win32"`},
		{"services", "<service typename='linux_systemd'/><service name='b' typename='linux_systemd'/>", "a service without a name"},
		{"software", "<applications><application version='1'/><application name='b'/></applications>", "an application without a name"},
	} {
		facts, notes := read(t, c.category, "<miq><"+c.category+">"+c.facts+"</"+c.category+"></miq>")
		if len(facts) != 1 || !strings.Contains(strings.Join(notes, "\n"), c.says) {
			t.Errorf("%s says %v and notes %q, want %q", c.facts, facts, notes, c.says)
		}
	}
}

// Agents call a script by its file without ".sh", package inspect by its file.
func TestItemsScript(t *testing.T) {
	t.Parallel()
	facts, _ := read(t, "services", "<miq><services><service name='clock' image_path='/etc/init.d/clock.sh' typename='linux_initprocess'/></services></miq>")
	want := map[string]string{"init/clock.sh": `{"file":"etc/init.d/clock.sh"}`}
	if d := cmp.Diff(want, facts); d != "" {
		t.Error(d)
	}
	document, err := legacy.Document("services", seq(want))
	if err != nil || !strings.Contains(document, "name='clock' image_path='/etc/init.d/clock.sh'") {
		t.Errorf("written it is %s, %v", document, err)
	}
}

// Of two units of one name the first counts; two accounts of one name are both told.
func TestItemsTwice(t *testing.T) {
	t.Parallel()
	facts, _ := read(t, "services", "<miq><services><service name='a' typename='linux_systemd' description='1'/><service name='a' typename='linux_systemd'/></services></miq>")
	if len(facts) != 1 || !strings.Contains(facts["unit/a.service"], `"1"`) {
		t.Errorf("two units of one name are %v", facts)
	}
	facts, _ = read(t, "accounts", "<miq><accounts><users><user name='a' userid='1'/><user name='a' userid='2'/></users></accounts></miq>")
	if len(facts) != 2 || !strings.Contains(facts["user/a#2"], `"uid":2`) {
		t.Errorf("two users of one name are %v", facts)
	}
	facts, _ = read(t, "accounts", "<miq><accounts><user name='a' userid='1'/><user name='a' userid='2'/><user name='a#2' userid='3'/><user name='a#2' userid='4'/></accounts></miq>")
	if len(facts) != 4 {
		t.Errorf("four users of two names are %v", facts)
	}
}

func target() fstest.MapFS {
	old := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return fstest.MapFS{
		"etc/passwd":                   {Data: []byte("root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000:Ann:/home/ann:/bin/sh\n"), ModTime: old},
		"etc/group":                    {Data: []byte("root:x:0:\nadm:x:4:ann\nann:x:1000:\n"), ModTime: old},
		"etc/os-release":               {Data: []byte("ID=debian\nNAME=debian\nPRETTY_NAME='Debian 12'\n"), ModTime: old},
		"etc/hostname":                 {Data: []byte("web1\n"), ModTime: old},
		"etc/init.d/old":               {Data: []byte("#!/bin/sh\n"), ModTime: old},
		"var/lib/dpkg/status":          {Data: []byte("Package: bash\nStatus: install ok installed\nVersion: 5.2\nArchitecture: amd64\n\n"), ModTime: old},
		"etc/systemd/system/a.service": {Data: []byte("[Unit]\nDescription=A\n"), ModTime: old},
	}
}

// What an agent tells of a target is, fact by fact, what package inspect finds there, as far as the agent tells of it; so the two can be compared.
func TestItemsCompare(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	blobs := &scantest.MemoryBlobs{}
	inspector, err := scan.NewInspector(blobs, inspect.All(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var categories []scan.Category
	for _, name := range legacy.Categories() {
		categories = append(categories, scan.Category{Name: name})
	}
	results, err := inspector.Inspect(ctx, target(), scan.Inspection{Target: "i-1", Categories: categories})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		document, err := legacy.Document(r.Category, scan.Items(ctx, blobs, r))
		if err != nil || r.Outcome != scan.OK {
			t.Fatal(r, err)
		}
		told, notes := read(t, r.Category, document)
		var keys, want []string
		for item, err := range scan.Items(ctx, blobs, r) {
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, item.Key)
			if _, ok := told[item.Key]; ok {
				keys = append(keys, item.Key)
			}
			var is, was map[string]any
			if json.Unmarshal([]byte(told[item.Key]), &is) != nil || json.Unmarshal(item.Value, &was) != nil {
				t.Fatal(item)
			}
			for field, value := range is {
				if unknown := fmt.Sprint(value); unknown != "" && unknown != "unknown" && field != "gid" && !cmp.Equal(value, was[field]) {
					t.Errorf("%s: %s of %s is %v, want %v", r.Category, field, item.Key, value, was[field])
				}
			}
		}
		if d := cmp.Diff(want, keys); d != "" || len(told) != len(want) || notes != nil {
			t.Errorf("%s: %v, %v\n%s", r.Category, told, notes, d)
		}
	}
}
