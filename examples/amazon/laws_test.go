package main

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"
	"testing"

	cloudformation "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	ec2 "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
	rds "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/amazon/account/accounttest"
	"github.com/reeve-go/reeve/examples/amazon/simulated"
	"github.com/reeve-go/reeve/examples/internal/refreshing"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// A world is a simulated cloud after some changes, and a reading of a part of it; nil: everything is read.
type world struct {
	Seed    uint64
	Changes int
	part    *account.Reading
}

func drawWorld(t *rapid.T) world {
	return world{Seed: rapid.Uint64Range(1, 3).Draw(t, "seed"), Changes: rapid.IntRange(0, 30).Draw(t, "changes")}
}

// clouds are those of worlds, which do not change any more.
var clouds sync.Map

func (w world) cloud() *simulated.Cloud {
	key := [2]uint64{w.Seed, uint64(w.Changes)}
	if known, ok := clouds.Load(key); ok {
		return known.(*simulated.Cloud)
	}
	cloud := simulated.New(w.Seed, 0)
	for range w.Changes {
		cloud.Change()
	}
	clouds.Store(key, cloud)
	return cloud
}

func (w world) account() *account.Account { return accounttest.New(w.cloud()) }

func (w world) reading() *account.Reading {
	if w.part != nil {
		return w.part
	}
	return w.account().Full()
}

// owners are the columns that say what a row belongs to.
var owners = refreshtest.DumpOptions{Any: []refreshtest.AnyColumn{
	{Table: "hardwares", Column: "owner_id", Type: "owner_type"},
	{Table: "operating_systems", Column: "owner_id", Type: "owner_type"},
	{Table: "labels", Column: "owner_id", Type: "owner_type"},
}}

// tablesOf returns the tables of tables.sql.
func tablesOf(t *testing.T) (of []storage.Table, names []string) {
	t.Helper()
	db, err := open(t.Context(), newFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.close() //nolint:errcheck // nothing was written
	for line := range strings.SplitSeq(tables, "\n") {
		rest, isTable := strings.CutPrefix(line, "CREATE TABLE IF NOT EXISTS ")
		if !isTable {
			continue
		}
		one, err := db.inventory.Describe(t.Context(), strings.TrimSuffix(rest, " ("))
		if err != nil {
			t.Fatal(err)
		}
		if one.Name == "snapshots" { // which cannot say so where volumes come after it
			one.References = map[string]string{"volume_id": "volumes"}
		}
		of, names = append(of, *one), append(names, one.Name)
	}
	return of, names
}

func TestParsersKeepTheLaws(t *testing.T) {
	t.Parallel()
	of, names := tablesOf(t)
	h := refreshtest.Harness[world, *Inventory]{
		Declare: declare,
		Options: &refresh.PersisterOptions{Scope: scope},
		Open: func(t refreshtest.TB) storage.Inventory {
			in, err := memory.NewInventory(of...)
			if err != nil {
				t.Fatal(err)
			}
			return in
		},
		Worlds: rapid.Custom(drawWorld),
		Tables: names,
		Dump:   &owners,
		Narrow: func(w world, t *refresh.Targets, inv *Inventory) (world, error) {
			names, err := inv.namesOf(t)
			if err == nil {
				w.part = w.account().Targeted(context.Background(), names)
			}
			return w, err
		},
		Targets: parts,
		Accept:  func(world, *refresh.Plan) error { return nil },
	}
	for _, p := range parsers {
		h.Parsers = append(h.Parsers, func(ctx context.Context, w world, inv *Inventory) error { return p.Parse(ctx, w.reading(), inv) })
	}
	refreshtest.Check(t, h)
}

// parts names all that a world has, in four parts.
func parts(w world, inv *Inventory) (all []*refresh.Targets, err error) {
	ctx, r := context.Background(), w.reading()
	names := account.Names{}
	err = errors.Join(
		gather(names, account.Zones, r.Zones(ctx), func(z *ec2.AvailabilityZone) *string { return z.ZoneName }),
		gather(names, account.KeyPairs, r.KeyPairs(ctx), func(k *ec2.KeyPairInfo) *string { return k.KeyName }),
		gather(names, account.Images, r.Images(ctx), func(i *ec2.Image) *string { return i.ImageId }),
		gather(names, account.Instances, r.Instances(ctx), func(i *ec2.Instance) *string { return i.InstanceId }),
		gather(names, account.Volumes, r.Volumes(ctx), func(v *ec2.Volume) *string { return v.VolumeId }),
		gather(names, account.Snapshots, r.Snapshots(ctx), func(s *ec2.Snapshot) *string { return s.SnapshotId }),
		gather(names, account.Networks, r.Networks(ctx), func(v *ec2.Vpc) *string { return v.VpcId }),
		gather(names, account.Subnets, r.Subnets(ctx), func(s *ec2.Subnet) *string { return s.SubnetId }),
		gather(names, account.SecurityGroups, r.SecurityGroups(ctx), func(g *ec2.SecurityGroup) *string { return g.GroupId }),
		gather(names, account.NetworkInterfaces, r.NetworkInterfaces(ctx), func(n *ec2.NetworkInterface) *string { return n.NetworkInterfaceId }),
		gather(names, account.Addresses, r.Addresses(ctx), func(a *ec2.Address) *string { return a.AllocationId }),
		gather(names, account.LoadBalancers, r.LoadBalancers(ctx), func(b *elb.LoadBalancerDescription) *string { return b.LoadBalancerName }),
		gather(names, account.Stacks, r.Stacks(ctx), func(s *cloudformation.Stack) *string { return s.StackId }),
		gather(names, account.Databases, r.Databases(ctx), func(d *rds.DBInstance) *string { return d.DBInstanceIdentifier }),
	)
	for _, kinds := range [][]account.Kind{
		{account.Instances, account.Zones},
		{account.Images, account.KeyPairs, account.Volumes, account.Snapshots},
		{account.Networks, account.Subnets, account.SecurityGroups, account.NetworkInterfaces, account.Addresses},
		{account.LoadBalancers, account.Stacks, account.Databases},
	} {
		part := account.Names{}
		for _, kind := range kinds {
			part[kind] = names[kind]
		}
		t, targetsErr := inv.targetsOf(part)
		all, err = append(all, t), errors.Join(err, targetsErr)
	}
	return all, err
}

func gather[V any](names account.Names, kind account.Kind, all iter.Seq2[V, error], name func(*V) *string) error {
	for v, err := range all {
		if err != nil {
			return err
		}
		names.Add(kind, name(&v))
	}
	return nil
}

// After a cloud was followed by what it says of its changes, to read everything finds nothing to write.
func TestFollowingIsAsGoodAsReadingAll(t *testing.T) {
	t.Parallel()
	of, _ := tablesOf(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt)
		rapid.SyncTest(rt, func(rt *rapid.T) {
			for _, c := range afterFollowing(rt, w, of) {
				rt.Errorf("%+v: %s", w, c)
			}
		})
	})
}

// afterFollowing returns what a full refresh changes after a cloud was followed.
func afterFollowing(t *rapid.T, w world, of []storage.Table) (changes []string) {
	in, err := memory.NewInventory(of...)
	if err != nil {
		t.Fatal(err)
	}
	after := func(_ context.Context, _ refresh.Run, p *refresh.Plan) error {
		changes = nil
		for c, err := range p.Changes() {
			if err != nil {
				return err
			}
			changes = append(changes, refreshing.Line(c, "account"))
		}
		return nil
	}
	cloud := simulated.New(w.Seed, 0)
	k, err := newKeeper("a", accounttest.New(cloud), &database{records: memory.New(nil), inventory: in}, refresh.RefresherOptions{Delay: -1, After: after})
	if err != nil {
		t.Fatal(err)
	}
	err = refreshing.While(t.Context(), supervised, k.refresher.Supervise, func(ctx context.Context) error {
		refreshed := func(names account.Names) error {
			if err := k.ask(ctx, names); err != nil {
				return err
			}
			_, err := k.refresher.Await(ctx, k.name)
			return err
		}
		if err := refreshed(nil); err != nil {
			return err
		}
		for range w.Changes {
			if err := refreshed(cloud.Change()); err != nil {
				return err
			}
		}
		return refreshed(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	return changes
}
