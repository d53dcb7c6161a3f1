package inventorytest

import (
	"slices"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
)

// The rows of the worlds in which the laws are tried: references to their own table and in a circle, to several
// tables, by another index, as keys and as keys of keys, required, to rows that are only pointed at, by way of another
// table, or that are in the database already, and fields of others; versions of rows and of columns.
type (
	site struct {
		Ref    string               `reeve:"ref,key"`
		Name   *string              `reeve:"name"`
		Parent refresh.Ref[site]    `reeve:"parent_id"`
		Main   refresh.Ref[machine] `reeve:"main_id"`
	}
	image struct {
		Ref  string `reeve:"ref,key"`
		Name string `reeve:"name,index=by_name"`
	}
	network struct {
		Ref    string  `reeve:"ref,key"`
		Name   string  `reeve:"name,index=by_name"`
		Serial *string `reeve:"serial,index=by_serial"`
	}
	machine struct {
		Ref      string                 `reeve:"ref,key"`
		UUID     string                 `reeve:"uuid,index=by_uuid"`
		On       bool                   `reeve:"on_now"`
		Site     refresh.Ref[site]      `reeve:"site_id"`
		Image    refresh.Ref[image]     `reeve:"image_id"`
		Owner    refresh.AnyRef         `reeve:"owner_id,to=sites|machines,type=owner_type"`
		SiteName refresh.Value[*string] `reeve:"site_name"`
		Networks []refresh.Ref[network] `reeve:"networks,through=machines_networks(machine_id,network_id)"`
	}
	volume struct {
		Machine refresh.Ref[machine] `reeve:"machine_id,key"`
		Device  string               `reeve:"device,key"`
		Size    *int64               `reeve:"size"`
		SizedAt *int64               `reeve:"sized_at,version=size"`
	}
	snapshot struct {
		Volume refresh.Ref[volume]   `reeve:"volume_id,key"`
		Number int                   `reeve:"number,key"`
		Prior  refresh.Ref[snapshot] `reeve:"prior_id"`
	}
	license struct {
		Ref     string               `reeve:"ref,key"`
		Version *int64               `reeve:"version,version"`
		Machine refresh.Ref[machine] `reeve:"machine_id,required"`
		Image   refresh.Ref[image]   `reeve:"image_id,stub"`
		Home    refresh.Ref[site]    `reeve:"home_id,lookup"`
		Note    string               `reeve:"note"`
	}
)

type world struct {
	Sites     *refresh.Collection[site]
	Images    *refresh.Collection[image]
	Networks  *refresh.Collection[network]
	Machines  *refresh.Collection[machine]
	Volumes   *refresh.Collection[volume]
	Snapshots *refresh.Collection[snapshot]
	Licenses  *refresh.Collection[license]
}

// rules are what differs from one test to another: what becomes of duplicates, which rows of images are written, and
// where rows have hashes, by collection.
type rules struct {
	duplicates refresh.Duplicates
	images     refresh.Mode
	hash       map[string]string
}

// options returns those of a collection, completed by the rules.
func (r rules) options(name string, o refresh.CollectionOptions) *refresh.CollectionOptions {
	o.Duplicates = r.duplicates
	if o.Mode != refresh.CreateOnly && o.Mode != refresh.ReadOnly {
		o.Hash = r.hash[name]
	}
	return &o
}

// declare declares the collections. Networks are archived when they are gone, and can come back under other keys.
func (r rules) declare(b *refresh.Builder) *world {
	return &world{ // in an order that is not the graph's
		Licenses:  refresh.Add[license](b, "licenses", r.options("licenses", refresh.CollectionOptions{})),
		Snapshots: refresh.Add[snapshot](b, "snapshots", r.options("snapshots", refresh.CollectionOptions{ChildOf: []string{"volume_id"}})),
		Machines:  refresh.Add[machine](b, "machines", r.options("machines", refresh.CollectionOptions{})),
		Volumes:   refresh.Add[volume](b, "volumes", r.options("volumes", refresh.CollectionOptions{ChildOf: []string{"machine_id"}})),
		Sites:     refresh.Add[site](b, "sites", r.options("sites", refresh.CollectionOptions{})),
		Images:    refresh.Add[image](b, "images", r.options("images", refresh.CollectionOptions{Mode: r.images})),
		Networks:  refresh.Add[network](b, "networks", r.options("networks", refresh.CollectionOptions{Archive: "archived_at", Reconnect: []string{"by_serial", "by_name"}})),
	}
}

// complete says of all collections that nothing else is there.
func (w *world) complete() {
	w.Sites.Complete()
	w.Images.Complete()
	w.Networks.Complete()
	w.Machines.Complete()
	w.Volumes.Complete()
	w.Snapshots.Complete()
	w.Licenses.Complete()
}

func (r rules) persister(in storage.Inventory) (*refresh.Persister[*world], error) {
	return refresh.NewPersister(r.declare, in, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
}

// worldOrder is that in which keys are known.
var worldOrder = []string{"sites", "images", "networks", "machines", "volumes", "snapshots", "licenses"}

// settled are those whose rows point at none that are written with them or later, so that hashes are of use.
var settled = []string{"images", "networks", "volumes"}

// joined is the table that joins machines and networks.
const joined = "machines_networks"

// worldPoints is where columns point; what owner_id points at depends.
var worldPoints = map[string]string{
	"parent_id": "sites", "main_id": "machines", "site_id": "sites", "image_id": "images", "prior_id": "snapshots", "machine_id": "machines", "home_id": "sites",
}

var worldDump = &refreshtest.DumpOptions{
	Any:     []refreshtest.AnyColumn{{Table: "machines", Column: "owner_id", Type: "owner_type"}},
	Unlike:  map[string][]string{"networks": {"archived_at"}},
	Without: hashesOf(worldOrder),
}

// hashes is the column in which rows have hashes where they have them.
var hashes = storage.Column{Name: "said_hash", Type: storage.IntType, Null: true}

func hashesOf(tables []string) map[string][]string {
	out := map[string][]string{}
	for _, name := range tables {
		out[name] = []string{hashes.Name}
	}
	return out
}

func worldTables() []storage.Table {
	own := [][]string{{"manager", "ref"}}
	on, archived := storage.Column{Name: "on_now", Type: storage.BoolType, Null: true}, storage.Column{Name: "archived_at", Type: storage.TimeType, Null: true}
	tables := []storage.Table{
		{
			Name: "sites", ID: "id", Unique: own, Columns: columns("id", "manager ref name", "parent_id main_id"),
			References: map[string]string{"parent_id": "sites", "main_id": "machines"},
		},
		{Name: "images", ID: "id", Unique: own, Columns: columns("id", "manager ref name", "")},
		{Name: "networks", ID: "id", Unique: own, Columns: append(columns("id", "manager ref name serial", ""), archived)},
		{
			Name: "machines", ID: "id", Unique: own,
			Columns:    append(columns("id", "manager ref uuid owner_type site_name", "site_id image_id owner_id"), on),
			References: map[string]string{"site_id": "sites", "image_id": "images"},
		},
		{
			Name: "volumes", ID: "id", Unique: [][]string{{"machine_id", "device"}}, Columns: columns("id", "device", "machine_id size sized_at"),
			References: map[string]string{"machine_id": "machines"},
		},
		{
			Name: "snapshots", ID: "id", Unique: [][]string{{"volume_id", "number"}}, Columns: columns("id", "", "volume_id number prior_id"),
			References: map[string]string{"volume_id": "volumes", "prior_id": "snapshots"},
		},
		{
			Name: "licenses", ID: "id", Unique: own, Columns: columns("id", "manager ref note", "version machine_id image_id home_id"),
			References: map[string]string{"machine_id": "machines", "image_id": "images", "home_id": "sites"},
		},
		{
			Name: joined, Unique: [][]string{{"machine_id", "network_id"}}, Columns: columns("", "", "machine_id network_id"),
			References: map[string]string{"machine_id": "machines", "network_id": "networks"},
		},
	}
	for i := range tables[:len(worldOrder)] {
		tables[i].Columns = append(tables[i].Columns, hashes)
	}
	return tables
}

// dumped are the tables of the worlds, as a dump shows them.
var dumped = append(slices.Clone(worldOrder), joined)
