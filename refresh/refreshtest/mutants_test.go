package refreshtest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/internal/altertest"
	"github.com/reeve-go/reeve/internal/inventorytest"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
)

type (
	cloud     = inventorytest.Cloud
	inventory = inventorytest.Estate
	harness   = refreshtest.Harness[cloud, *inventory]
	parser    = refreshtest.Parser[cloud, *inventory]
)

// parsed is a harness with another parser of hosts.
func parsed(hosts parser) harness {
	h := inventorytest.EstateHarness()
	h.Parsers = []parser{hosts, inventorytest.ParseVMs}
	return h
}

// altered is a harness on a database that does something else than it is told, and does not look where its rows
// point.
func altered(a altertest.Alter) harness {
	h := inventorytest.EstateHarness()
	h.Open = func(t refreshtest.TB) storage.Inventory {
		t.Helper()
		return altertest.New(inventorytest.Careless(t, inventorytest.EstateTables()), a)
	}
	return h
}

// A mutant breaks a law. The failure must say so: one of several where it depends on the world which is broken first.
type mutant struct {
	law     string
	harness harness
}

var mutants = map[string]mutant{
	"a parser that fails": {"saves", parsed(func(context.Context, cloud, *inventory) error { return errors.New("no") })},
	"a parser whose references lead nowhere": {"saves", parsed(func(ctx context.Context, c cloud, inv *inventory) error {
		inv.Hosts.Build(inventorytest.Host{Ref: "h9", Parent: inv.Hosts.LazyFind("h10")})
		return inventorytest.ParseHosts(ctx, c, inv)
	})},
	"a parser of rows without a key": {"saves", parsed(func(ctx context.Context, c cloud, inv *inventory) error {
		inv.Hosts.Build(inventorytest.Host{})
		return inventorytest.ParseHosts(ctx, c, inv)
	})},
	"a parser that says two things of a row": {"saves", parsed(func(ctx context.Context, c cloud, inv *inventory) error {
		name := "another"
		for _, h := range c.Hosts {
			inv.Hosts.Build(inventorytest.Host{Ref: h.Ref, Name: &name})
		}
		return inventorytest.ParseHosts(ctx, c, inv)
	})},
	"a parser that counts its runs": {"idempotence", parsed(counting())},
	"a parser that goes by the order of the world": {"order or targets", parsed(func(_ context.Context, c cloud, inv *inventory) error {
		for i, h := range c.Hosts {
			name := fmt.Sprint(i)
			inv.Hosts.Build(inventorytest.Host{Ref: h.Ref, Name: &name})
		}
		return nil
	})},
	"a parser that needs another one to come later": {"order", parsed(func(ctx context.Context, c cloud, inv *inventory) error {
		if inv.VMs.Len() > 0 {
			name := "of a host with machines"
			c.Hosts = slices.Clone(c.Hosts)
			for i := range c.Hosts {
				c.Hosts[i].Name = name
			}
		}
		return inventorytest.ParseHosts(ctx, c, inv)
	})},
	"an update that is lost": {"idempotence or references or targets", altered(altertest.Alter{
		Update: func(_ string, columns []storage.Column, _ *storage.RowChange) bool {
			return columns[0].Name == "parent_id"
		},
	})},
	"a link that is lost": {"idempotence or order or references or targets", altered(altertest.Alter{
		Update: func(_ string, columns []storage.Column, _ *storage.RowChange) bool {
			return columns[0].Name != "parent_id"
		},
	})},
	"a false that is written as null": {"idempotence", altered(altertest.Alter{
		Insert: func(_ string, _ []storage.Column, row []storage.Value) bool {
			if i := slices.Index(row, storage.BoolValue(false)); i >= 0 {
				row[i] = storage.Value{}
			}
			return true
		},
	})},
	"a row that is not created": {"idempotence", altered(altertest.Alter{
		Insert: func(table string, _ []storage.Column, row []storage.Value) bool {
			return table != "disks" || !slices.Contains(row, storage.IntValue(0))
		},
	})},
	"a row that is not deleted": {"idempotence or references", altered(altertest.Alter{
		Delete: func(table string, _ []storage.Column, _ []storage.Value) bool { return table != "disks" },
	})},
	"a scope that is too wide": {"others", altered(altertest.Alter{
		Query: func(q *storage.RowQuery) {
			if q.Table == "disks" {
				q.In = nil
			}
		},
	})},
	"a plan that writes": {"dry run", writingPlans()},
	"a plan that is applied by half": {"dry run", altered(altertest.Alter{
		Update: func(_ string, _ []storage.Column, c *storage.RowChange) bool { return c.Old == nil },
	})},
	"a row that points nowhere": {"references", altered(altertest.Alter{
		Insert: func(table string, columns []storage.Column, row []storage.Value) bool {
			at := slices.IndexFunc(columns, func(c storage.Column) bool { return c.Name == "host_id" })
			if table == "vms" && !row[at].IsNull() {
				row[at] = storage.IntValue(row[at].Int() + 100)
			}
			return true
		},
	})},
	"a targeted collector that forgets": {"targets", narrowed(func(all cloud, t *refresh.Targets, inv *inventory) (cloud, error) {
		c, err := inventorytest.Narrow(all, t, inv)
		c.VMs = c.VMs[:len(c.VMs)/2]
		return c, err
	})},
	"a targeted collector that knows less": {"targets", narrowed(func(all cloud, t *refresh.Targets, inv *inventory) (cloud, error) {
		c, err := inventorytest.Narrow(all, t, inv)
		for i := range c.VMs {
			c.VMs[i].Disks = nil
		}
		return c, err
	})},
}

// narrowed is a harness with another targeted collector.
func narrowed(by func(cloud, *refresh.Targets, *inventory) (cloud, error)) harness {
	h := inventorytest.EstateHarness()
	h.Narrow = by
	return h
}

func counting() parser {
	var runs atomic.Int64
	return func(ctx context.Context, c cloud, inv *inventory) error {
		name := fmt.Sprint(runs.Add(1))
		inv.Hosts.Build(inventorytest.Host{Ref: "counter", Name: &name})
		return inventorytest.ParseHosts(ctx, c, inv)
	}
}

// writingPlans has a database that forgets a row whenever somebody looks at a plan of another.
func writingPlans() harness {
	h := inventorytest.EstateHarness()
	h.Open = func(t refreshtest.TB) storage.Inventory {
		t.Helper()
		in := inventorytest.InMemory(t, inventorytest.EstateTables())
		return altertest.New(in, altertest.Alter{Before: func(call string) error {
			if call != "view" {
				return nil
			}
			tx, err := in.Begin(t.Context(), storage.Fence{Scope: "planner"})
			if err != nil {
				return err
			}
			columns := []storage.Column{{Name: "manager"}, {Name: "ref"}}
			row := []storage.Value{storage.TextValue("nobody"), storage.TextValue(fmt.Sprint(tx.Number()))}
			return errors.Join(tx.Insert(t.Context(), "hosts", columns, slices.Values([][]storage.Value{row})), tx.Commit(t.Context()))
		}})
	}
	return h
}

func TestMutants(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a short test draws too few worlds to find them all")
	}
	for name, m := range mutants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := record(t, func(t testing.TB) { t.Helper(); refreshtest.Check(t, m.harness) })
			laws := strings.Split(m.law, " or ")
			broken := slices.IndexFunc(laws, func(law string) bool { return strings.Contains(r.text.String(), "refreshtest: "+law+": ") })
			r.wantFailure(t, "refreshtest: "+laws[max(0, broken)]+": ")
		})
	}
}

// A failure names the law, the row and its column, and both outcomes.
func TestFailureSaysWhatDiffers(t *testing.T) {
	t.Parallel()
	r := record(t, func(t testing.TB) {
		t.Helper()
		h := parsed(parser(func(_ context.Context, c cloud, inv *inventory) error {
			inv.Hosts.Build(inventorytest.Host{Ref: "h1", Name: &c.Hosts[0].Name})
			return nil
		}))
		one := func(names ...string) (c cloud) {
			for _, name := range names {
				c.Hosts = append(c.Hosts, inventorytest.CloudHost{Name: name})
			}
			return c
		}
		h.Worlds = rapid.Just(one("a", "b"))
		h.Shuffle = func(*rapid.T, cloud) cloud { return one("b", "a") }
		h.Targets, h.Narrow = nil, nil
		refreshtest.Check(t, h)
	})
	r.wantFailure(t, "refreshtest: order: in another order the same world leaves something else:",
		`table "hosts", row manager="one" ref="h1": column "name" is "a" after a save, and now "b"`)
}
