package refresh_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
)

// hostile returns a persister on a database with the inventories of two managers, whose rows have the same keys and
// other ids, and a plan of the first one, as text.
func hostile(t testing.TB) (*refresh.Persister[*estate], storage.Inventory, string) {
	t.Helper()
	in := inventory(t)
	p, err := refresh.NewPersister(declare, in, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, manager := range []string{"one", "two"} { // the first one's ids are 1 and 2, the second one's 3 and 4
		r, err := p.Open(t.Context(), manager, nil)
		if err != nil {
			t.Fatal(err)
		}
		e := r.Inventory
		for i := range 2 {
			vm := e.VMs.Build(VM{Ref: fmt.Sprint("v", i), Name: "name", Host: e.Hosts.Build(Host{Ref: fmt.Sprint("h", i), Name: "name"})})
			e.Disks.Build(Disk{VM: vm, Device: "sda", Size: 1})
		}
		if _, err := r.Save(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
	plan := planOf(t, p, func(e *estate) {
		e.Hosts.Build(Host{Ref: "h0", Name: "other"})
		e.Hosts.Build(Host{Ref: "h2", Name: "new"})
		vm := e.VMs.Build(VM{Ref: "v0", Name: "name", Host: e.Hosts.LazyFind("h2")})
		e.VMs.Build(VM{Ref: "v2", Host: e.Hosts.LazyFind("h0")})
		e.Disks.Build(Disk{VM: vm, Device: "sda", Size: 1})
		e.Disks.Build(Disk{VM: vm, Device: "sdb", Size: 1})
	})
	return p, in, text1(t, func(b *bytes.Buffer) error { return plan.WriteJSON(b) })
}

// A plan is data from outside: what a refresh of its manager could not do is refused, and nothing is written.
func TestHostilePlans(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to string // in the text of a plan
		is       error
		says     string
	}{
		"another table":                    {`"table":"hosts"`, `"table":"vms"`, storage.ErrInvalid, `"vms"`},
		"another id":                       {`"hosts","id":"id"`, `"hosts","id":"name"`, storage.ErrInvalid, `"name"`},
		"another key":                      {`"columns":["ref","name","manager"],"keys":1`, `"columns":["name","ref","manager"],"keys":1`, storage.ErrInvalid, `"name"`},
		"a shorter key":                    {`"columns":["vm_id","device","size"],"keys":2`, `"columns":["vm_id","device","size"],"keys":1`, storage.ErrInvalid, `"device"`},
		"other references":                 {`,"points":[{"column":"host_id","to":{"hosts":"hosts"}}]`, ``, storage.ErrInvalid, "references"},
		"another collection":               {`"disks"`, `"tapes"`, storage.ErrInvalid, `"tapes"`},
		"a row of another manager":         {`"update","collection":"hosts","id":1`, `"update","collection":"hosts","id":3`, storage.ErrConflict, `"h0"`},
		"a row under another key":          {`"id":1,"key":["h0"]`, `"id":1,"key":["h1"]`, storage.ErrConflict, `"h1"`},
		"a row of another's to be deleted": {`"delete","collection":"disks","id":2,"key":[2,"sda"]`, `"delete","collection":"disks","id":4,"key":[4,"sda"]`, storage.ErrConflict, `4`},
		"a row without an id":              {`"update","collection":"hosts","id":1`, `"update","collection":"hosts","id":null`, storage.ErrInvalid, "no id"},
		"a row for another manager":        {`"new":"one"},{"column":"ref","old":null,"new":"h2"`, `"new":"two"},{"column":"ref","old":null,"new":"h2"`, storage.ErrInvalid, `"manager"`},
		"a row for no manager":             {`{"column":"manager","old":null,"new":"one"},{"column":"ref","old":null,"new":"h2"}`, `{"column":"ref","old":null,"new":"h2"}`, storage.ErrInvalid, `"manager"`},
		"a row that goes to another":       {`{"column":"name","old":"name","new":"other"}`, `{"column":"manager","old":"one","new":"two"}`, storage.ErrInvalid, `"manager"`},
		"a row without a key":              {`,{"column":"ref","old":null,"new":"h2"}`, ``, storage.ErrInvalid, `"ref"`},
		"a row with another key":           {`{"column":"name","old":"name","new":"other"}`, `{"column":"ref","old":"h0","new":"h7"}`, storage.ErrInvalid, `"ref"`},
		"a column that is not declared":    {`{"column":"name","old":"name","new":"other"}`, `{"column":"id","old":1,"new":9}`, storage.ErrInvalid, `"id"`},
		"a child of another's row":         {`{"column":"vm_id","old":null,"new":1}`, `{"column":"vm_id","old":null,"new":3}`, storage.ErrConflict, `"vm_id"`},
		"a child of no row":                {`{"column":"vm_id","old":null,"new":1}`, `{"column":"vm_id","old":null,"new":null}`, storage.ErrInvalid, `"vm_id"`},
		"a reference to another's row":     {`{"column":"host_id","old":null,"new":1}`, `{"column":"host_id","old":null,"new":3}`, storage.ErrConflict, `"host_id"`},
		"a reference to a row of others":   {`"new_row":{"collection":"hosts","row":1}`, `"new_row":{"collection":"disks","row":1}`, storage.ErrInvalid, `"host_id"`},
		"a name that is a row":             {`{"column":"name","old":"name","new":"other"}`, `{"column":"name","old":"name","new":null,"new_row":{"collection":"hosts","row":1}}`, storage.ErrInvalid, `"name"`},
		"a row that is archived":           {`"archives":0`, `"archives":1`, nil, "not whole"},
		"a collection that archives none":  {`"deletes":1,"archives":0,"unchanged":0,"stored":2,"removable":20,"columns":["ref","name"`, `"deletes":0,"archives":1,"unchanged":0,"stored":2,"removable":20,"columns":["ref","name"`, storage.ErrInvalid, "not done"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, in, text := hostile(t)
			if !strings.Contains(text, c.from) {
				t.Fatalf("the plan does not say %s\n%s", c.from, text)
			}
			text = strings.ReplaceAll(text, c.from, c.to)
			if strings.Contains(c.says, "not done") {
				text = strings.Replace(text, `"delete","collection":"hosts"`, `"archive","collection":"hosts"`, 1)
			}
			before := dump(t, in)
			err := applyText(t, p, text)
			if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v; it was to be %v and to say %s", err, c.is, c.says)
			}
			if diff := cmp.Diff(before, dump(t, in)); diff != "" {
				t.Errorf("what was refused was written (- before, + after):\n%s", diff)
			}
		})
	}
}

func applyText(t testing.TB, p *refresh.Persister[*estate], text string) error {
	t.Helper()
	plan, err := refresh.ReadPlan(strings.NewReader(text), 0)
	if err != nil {
		return err
	}
	return errors.Join(p.Apply(t.Context(), plan, 0), plan.Close())
}

// planValues are what stands behind a name in the text of a plan.
var planValues = regexp.MustCompile(`:("[^"]*"|-?[0-9]+|null)`)

// Whatever is done to a plan's text, what another manager has stays as it is, and no row points nowhere.
func TestPlansAreAboutTheirManager(t *testing.T) {
	t.Parallel()
	tb := t
	ids, words := []string{"1", "2", "3", "4", "5", "null"}, []string{"null", "3"}
	for word := range strings.FieldsSeq("one two h0 h1 h2 v0 v1 sda name other hosts vms disks manager ref host_id vm_id insert update delete archive touch") {
		words = append(words, strconv.Quote(word))
	}
	rapid.Check(t, func(t *rapid.T) {
		p, in, text := hostile(tb)
		head, lines, _ := strings.Cut(text, "\n")
		at := planValues.FindAllStringSubmatchIndex(lines, -1)
		chosen := map[int]string{}
		for range rapid.IntRange(1, 2).Draw(t, "changes") {
			n := rapid.IntRange(0, len(at)-1).Draw(t, "at")
			from := words
			if lines[at[n][2]] != '"' {
				from = ids
			}
			chosen[n] = rapid.SampledFrom(from).Draw(t, "new")
		}
		changed := strings.Builder{}
		changed.WriteString(head + "\n")
		end := 0
		for n, span := range at {
			changed.WriteString(lines[end:span[2]])
			if end = span[3]; chosen[n] != "" {
				changed.WriteString(chosen[n])
			} else {
				changed.WriteString(lines[span[2]:end])
			}
		}
		changed.WriteString(lines[end:])
		before := dump(tb, in)
		err := applyText(tb, p, changed.String())
		after := dump(tb, in)
		if diff := cmp.Diff(ofManager("two", before), ofManager("two", after)); diff != "" {
			t.Errorf("a plan for manager one changed what two has (- before, + after), and the error is %v\n%s\n%s", err, diff, changed.String())
		}
		if text := fmt.Sprint(ofManager("one", after)); strings.Contains(text, "nowhere") || strings.Contains(text, `manager="two"`) {
			t.Errorf("a plan for manager one let its rows point elsewhere, and the error is %v\n%s\n%s", err, text, changed.String())
		}
	})
}

// ofManager returns the rows that a manager has, each with its key.
func ofManager(manager string, of refreshtest.Tables) map[string]refreshtest.Row {
	out := map[string]refreshtest.Row{}
	for table, rows := range of {
		for key, row := range rows {
			if strings.Contains(key, fmt.Sprintf("manager=%q", manager)) {
				out[table+" "+key] = row
			}
		}
	}
	return out
}
