package refresh_test

import (
	"fmt"
	"strconv"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// The rows of the worlds in which the laws are tried: references to their own table and in a circle, to several
// tables, by another index, as keys and as keys of keys, and fields of others.
type (
	lawSite struct {
		Ref    string                  `reeve:"ref,key"`
		Name   *string                 `reeve:"name"`
		Parent refresh.Ref[lawSite]    `reeve:"parent_id"`
		Main   refresh.Ref[lawMachine] `reeve:"main_id"`
	}
	lawImage struct {
		Ref  string `reeve:"ref,key"`
		Name string `reeve:"name,index=by_name"`
	}
	lawMachine struct {
		Ref      string                 `reeve:"ref,key"`
		UUID     string                 `reeve:"uuid,index=by_uuid"`
		On       bool                   `reeve:"on_now"`
		Site     refresh.Ref[lawSite]   `reeve:"site_id"`
		Image    refresh.Ref[lawImage]  `reeve:"image_id"`
		Owner    refresh.AnyRef         `reeve:"owner_id,to=sites|machines,type=owner_type"`
		SiteName refresh.Value[*string] `reeve:"site_name"`
	}
	lawVolume struct {
		Machine refresh.Ref[lawMachine] `reeve:"machine_id,key"`
		Device  string                  `reeve:"device,key"`
		Size    *int64                  `reeve:"size"`
	}
	lawSnapshot struct {
		Volume refresh.Ref[lawVolume]   `reeve:"volume_id,key"`
		Number int                      `reeve:"number,key"`
		Prior  refresh.Ref[lawSnapshot] `reeve:"prior_id"`
	}
)

type lawInventory struct {
	Sites     *refresh.Collection[lawSite]
	Images    *refresh.Collection[lawImage]
	Machines  *refresh.Collection[lawMachine]
	Volumes   *refresh.Collection[lawVolume]
	Snapshots *refresh.Collection[lawSnapshot]
}

// lawDeclare declares the collections, images being kept when they are gone.
func lawDeclare(d refresh.Duplicates) func(b *refresh.Builder) *lawInventory {
	return func(b *refresh.Builder) *lawInventory {
		return &lawInventory{ // in an order that is not the graph's
			Snapshots: refresh.Add[lawSnapshot](b, "snapshots", &refresh.CollectionOptions{ChildOf: []string{"volume_id"}, Duplicates: d}),
			Machines:  refresh.Add[lawMachine](b, "machines", &refresh.CollectionOptions{Duplicates: d}),
			Volumes:   refresh.Add[lawVolume](b, "volumes", &refresh.CollectionOptions{ChildOf: []string{"machine_id"}, Duplicates: d}),
			Sites:     refresh.Add[lawSite](b, "sites", &refresh.CollectionOptions{Duplicates: d}),
			Images:    refresh.Add[lawImage](b, "images", &refresh.CollectionOptions{Mode: refresh.NoDelete, Duplicates: d}),
		}
	}
}

func lawTables() []storage.Table {
	columns := func(texts []string, ids ...string) []storage.Column {
		out := []storage.Column{{Name: "id", Type: storage.IntType}}
		for _, name := range texts {
			out = append(out, storage.Column{Name: name, Type: storage.TextType, Null: true})
		}
		for _, name := range ids {
			out = append(out, storage.Column{Name: name, Type: storage.IntType, Null: true})
		}
		return out
	}
	own := [][]string{{"manager", "ref"}}
	return []storage.Table{
		{
			Name: "sites", ID: "id", Unique: own, Columns: columns([]string{"manager", "ref", "name"}, "parent_id", "main_id"),
			References: map[string]string{"parent_id": "sites", "main_id": "machines"},
		},
		{Name: "images", ID: "id", Unique: own, Columns: columns([]string{"manager", "ref", "name"})},
		{
			Name: "machines", ID: "id", Unique: own,
			Columns: append(columns([]string{"manager", "ref", "uuid", "owner_type", "site_name"}, "site_id", "image_id", "owner_id"),
				storage.Column{Name: "on_now", Type: storage.BoolType, Null: true}),
			References: map[string]string{"site_id": "sites", "image_id": "images"},
		},
		{
			Name: "volumes", ID: "id", Unique: [][]string{{"machine_id", "device"}}, Columns: columns([]string{"device"}, "machine_id", "size"),
			References: map[string]string{"machine_id": "machines"},
		},
		{
			Name: "snapshots", ID: "id", Unique: [][]string{{"volume_id", "number"}}, Columns: columns(nil, "volume_id", "number", "prior_id"),
			References: map[string]string{"volume_id": "volumes", "prior_id": "snapshots"},
		},
	}
}

func lawDatabase() storage.Inventory {
	in, err := memory.NewInventory(lawTables()...)
	if err != nil {
		panic(err) // the tables are above
	}
	return in
}

// A pointer is a reference as the model has it.
type pointer struct {
	to, by, text string   // by: an index, or the key
	of           *pointer // what the row belongs to
}

func (p *pointer) String() string {
	if p == nil {
		return "null"
	}
	if p.of != nil {
		return fmt.Sprintf("%s(%s %s)", p.to, p.of, p.text)
	}
	return fmt.Sprintf("%s(%s %s)", p.to, p.by, p.text)
}

// A saying is what a column is said to hold: a value as a dump shows it, a row, or a field of a row.
type saying struct {
	value string // empty: null
	row   *pointer
	field string // of the row
}

func (s saying) String() string { return fmt.Sprint(s.value, "|", s.row, "|", s.field) }

// A statement is what a parser says of one row, and how it says so.
type statement struct {
	in   string
	key  *pointer // of the row itself
	says map[string]saying
	tell func(inv *lawInventory)
	// wholly says all of the row, also what the statement is not about.
	wholly func(inv *lawInventory)
}

func (s statement) String() string { return fmt.Sprint(s.key, s.says) }

// A speaker draws statements.
type speaker struct{ *rapid.T }

func (s speaker) pick(what string, of ...string) string {
	return rapid.SampledFrom(of).Draw(s.T, what)
}

func (s speaker) yes(what string) bool { return rapid.Bool().Draw(s.T, what) }

// A way is how to find a row, and the pointer to it.
type way[T any] struct {
	*pointer
	find func(inv *lawInventory) refresh.Ref[T]
}

func (s speaker) site() way[lawSite] {
	ref := s.pick("site", "", "s0", "s1", "s2")
	if ref == "" {
		return way[lawSite]{nil, func(*lawInventory) refresh.Ref[lawSite] { return refresh.Ref[lawSite]{} }}
	}
	return way[lawSite]{&pointer{to: "sites", text: ref}, func(inv *lawInventory) refresh.Ref[lawSite] { return inv.Sites.LazyFind(ref) }}
}

func (s speaker) image() way[lawImage] {
	if s.yes("by name") {
		name := s.pick("image", "n0", "n1")
		return way[lawImage]{&pointer{to: "images", by: "name", text: name}, func(inv *lawInventory) refresh.Ref[lawImage] {
			return inv.Images.LazyFindBy("by_name", lawImage{Name: name})
		}}
	}
	ref := s.pick("image", "i0", "i1")
	return way[lawImage]{&pointer{to: "images", text: ref}, func(inv *lawInventory) refresh.Ref[lawImage] {
		return inv.Images.LazyFindLike(lawImage{Ref: ref, Name: "does not count"})
	}}
}

func (s speaker) machine() way[lawMachine] {
	if s.yes("by uuid") {
		uuid := s.pick("machine", "u0", "u1", "u2")
		return way[lawMachine]{&pointer{to: "machines", by: "uuid", text: uuid}, func(inv *lawInventory) refresh.Ref[lawMachine] {
			return inv.Machines.LazyFindBy("by_uuid", lawMachine{UUID: uuid})
		}}
	}
	ref := s.pick("machine", "m0", "m1", "m2")
	return way[lawMachine]{&pointer{to: "machines", text: ref}, func(inv *lawInventory) refresh.Ref[lawMachine] { return inv.Machines.LazyFind(ref) }}
}

func (s speaker) volume() way[lawVolume] {
	of, device := s.machine(), s.pick("device", "d0", "d1")
	return way[lawVolume]{&pointer{to: "volumes", text: device, of: of.pointer}, func(inv *lawInventory) refresh.Ref[lawVolume] {
		return inv.Volumes.LazyFindLike(lawVolume{Machine: of.find(inv), Device: device})
	}}
}

func (s speaker) snapshot() (way[lawSnapshot], way[lawVolume], int) {
	of, number := s.volume(), rapid.IntRange(0, 1).Draw(s.T, "number")
	return way[lawSnapshot]{&pointer{to: "snapshots", text: strconv.Itoa(number), of: of.pointer}, func(inv *lawInventory) refresh.Ref[lawSnapshot] {
		return inv.Snapshots.LazyFindLike(lawSnapshot{Volume: of.find(inv), Number: number})
	}}, of, number
}

// said notes the value of a field and its column, if the statement is about it.
func said[T any](s speaker, patch bool, st *statement, at *[]func(*T) any, column string, v saying, field func(*T) any) {
	if patch && !s.yes("says "+column) {
		return
	}
	st.says[column] = v
	*at = append(*at, field)
}

// told sets what says a statement: the whole row, or some of its fields.
func told[T any](st *statement, patch bool, to func(*lawInventory) *refresh.Collection[T], row func(*lawInventory) T, at []func(*T) any) {
	st.wholly = func(inv *lawInventory) { to(inv).Build(row(inv)) }
	st.tell = st.wholly
	if !patch {
		return
	}
	st.tell = func(inv *lawInventory) {
		to(inv).Patch(row(inv), func(row *T) (fields []any) {
			for _, f := range at {
				fields = append(fields, f(row))
			}
			return fields
		})
	}
}

// statement draws one.
func (s speaker) statement() statement {
	st := statement{in: s.pick("about", "sites", "images", "machines", "machines", "volumes", "snapshots"), says: map[string]saying{}}
	patch := s.pick("as", "build", "build", "patch") == "patch"
	switch st.in {
	case "sites":
		s.ofSite(&st, patch)
	case "images":
		s.ofImage(&st, patch)
	case "machines":
		s.ofMachine(&st, patch)
	case "volumes":
		s.ofVolume(&st, patch)
	case "snapshots":
		s.ofSnapshot(&st, patch)
	}
	return st
}

func (s speaker) ofSite(st *statement, patch bool) {
	var at []func(*lawSite) any
	ref, name, parent, main := s.pick("ref", "s0", "s1", "s2"), s.pick("name", "", "a", "b"), s.site(), s.machine()
	st.key = &pointer{to: st.in, text: ref}
	named := saying{}
	if name != "" {
		named.value = strconv.Quote(name)
	}
	said(s, patch, st, &at, "name", named, func(r *lawSite) any { return &r.Name })
	said(s, patch, st, &at, "parent_id", saying{row: parent.pointer}, func(r *lawSite) any { return &r.Parent })
	said(s, patch, st, &at, "main_id", saying{row: main.pointer}, func(r *lawSite) any { return &r.Main })
	told(st, patch, func(inv *lawInventory) *refresh.Collection[lawSite] { return inv.Sites }, func(inv *lawInventory) lawSite {
		row := lawSite{Ref: ref, Parent: parent.find(inv), Main: main.find(inv)}
		if name != "" {
			row.Name = &name
		}
		return row
	}, at)
}

func (s speaker) ofImage(st *statement, patch bool) {
	var at []func(*lawImage) any
	ref, name := s.pick("ref", "i0", "i1"), s.pick("name", "n0", "n1")
	st.key = &pointer{to: st.in, text: ref}
	said(s, patch, st, &at, "name", saying{value: strconv.Quote(name)}, func(r *lawImage) any { return &r.Name })
	told(st, patch, func(inv *lawInventory) *refresh.Collection[lawImage] { return inv.Images }, func(*lawInventory) lawImage {
		return lawImage{Ref: ref, Name: name}
	}, at)
}

func (s speaker) ofMachine(st *statement, patch bool) {
	var at []func(*lawMachine) any
	ref, uuid, on := s.pick("ref", "m0", "m1", "m2"), s.pick("uuid", "u0", "u1", "u2"), s.yes("on")
	site, image, nameOf := s.site(), s.image(), s.site()
	owner, owned := (*pointer)(nil), func(*lawInventory) refresh.AnyRef { return refresh.AnyRef{} }
	switch s.pick("owner", "none", "site", "machine") {
	case "site":
		w := s.site()
		owner, owned = w.pointer, func(inv *lawInventory) refresh.AnyRef { return w.find(inv).Any() }
	case "machine":
		w := s.machine()
		owner, owned = w.pointer, func(inv *lawInventory) refresh.AnyRef { return w.find(inv).Any() }
	}
	st.key = &pointer{to: st.in, text: ref}
	said(s, patch, st, &at, "uuid", saying{value: strconv.Quote(uuid)}, func(r *lawMachine) any { return &r.UUID })
	said(s, patch, st, &at, "on_now", saying{value: strconv.FormatBool(on)}, func(r *lawMachine) any { return &r.On })
	said(s, patch, st, &at, "site_id", saying{row: site.pointer}, func(r *lawMachine) any { return &r.Site })
	said(s, patch, st, &at, "image_id", saying{row: image.pointer}, func(r *lawMachine) any { return &r.Image })
	said(s, patch, st, &at, "owner_id", saying{row: owner}, func(r *lawMachine) any { return &r.Owner })
	said(s, patch, st, &at, "site_name", saying{row: nameOf.pointer, field: "name", value: `"none"`}, func(r *lawMachine) any { return &r.SiteName })
	told(st, patch, func(inv *lawInventory) *refresh.Collection[lawMachine] { return inv.Machines }, func(inv *lawInventory) lawMachine {
		none := "none"
		return lawMachine{
			Ref: ref, UUID: uuid, On: on, Site: site.find(inv), Image: image.find(inv), Owner: owned(inv),
			SiteName: refresh.From(nameOf.find(inv), func(of *lawSite) **string { return &of.Name }, &none),
		}
	}, at)
}

func (s speaker) ofVolume(st *statement, patch bool) {
	var at []func(*lawVolume) any
	w := s.volume()
	of, device := w.of, w.text
	size := rapid.Int64Range(0, 2).Draw(s.T, "size")
	st.key = w.pointer
	sized := saying{}
	if size > 0 {
		sized.value = strconv.FormatInt(size, 10)
	}
	said(s, patch, st, &at, "size", sized, func(r *lawVolume) any { return &r.Size })
	told(st, patch, func(inv *lawInventory) *refresh.Collection[lawVolume] { return inv.Volumes }, func(inv *lawInventory) lawVolume {
		row := lawVolume{Machine: of.machine(inv), Device: device}
		if size > 0 {
			row.Size = &size
		}
		return row
	}, at)
}

func (p *pointer) machine(inv *lawInventory) refresh.Ref[lawMachine] {
	if p.by == "uuid" {
		return inv.Machines.LazyFindBy("by_uuid", lawMachine{UUID: p.text})
	}
	return inv.Machines.LazyFind(p.text)
}

func (s speaker) ofSnapshot(st *statement, patch bool) {
	var at []func(*lawSnapshot) any
	w, of, number := s.snapshot()
	prior, _, _ := s.snapshot()
	st.key = w.pointer
	said(s, patch, st, &at, "prior_id", saying{row: prior.pointer}, func(r *lawSnapshot) any { return &r.Prior })
	told(st, patch, func(inv *lawInventory) *refresh.Collection[lawSnapshot] { return inv.Snapshots }, func(inv *lawInventory) lawSnapshot {
		return lawSnapshot{Volume: of.find(inv), Number: number, Prior: prior.find(inv)}
	}, at)
}
