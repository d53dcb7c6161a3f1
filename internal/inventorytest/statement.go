package inventorytest

import (
	"strconv"

	"github.com/reeve-go/reeve/refresh"
)

// A telling puts a statement of a row of type T together.
type telling[T any] struct {
	speaker

	st    *statement
	patch bool // only some fields are said
	of    func(*world) *refresh.Collection[T]
	said  []func(*T) any
}

func tellingOf[T any](s speaker, st *statement, ref string, of func(*world) *refresh.Collection[T]) *telling[T] {
	if ref != "" {
		st.key = &pointer{to: st.in, text: ref}
	}
	return &telling[T]{speaker: s, st: st, of: of, patch: s.pick("as", "build", "build", "patch") == "patch"}
}

// says notes the value of a field and its column, if the statement is about it.
func (t *telling[T]) says(column string, v saying, field func(*T) any) {
	if t.patch && !t.yes("says "+column) {
		return
	}
	t.st.says[column] = v
	t.said = append(t.said, field)
}

// row ends the statement: what says it, the whole row or some of its fields.
func (t *telling[T]) row(of func(*world) T) {
	t.st.wholly = func(in *world) { t.of(in).Build(of(in)) }
	t.st.tell = t.st.wholly
	if !t.patch {
		return
	}
	t.st.tell = func(in *world) {
		t.of(in).Patch(of(in), func(row *T) (fields []any) {
			for _, f := range t.said {
				fields = append(fields, f(row))
			}
			return fields
		})
	}
}

// statement draws one.
func (s speaker) statement() statement {
	st := statement{in: s.pick("about", "sites", "images", "networks", "networks", "machines", "machines", "volumes", "snapshots", "licenses"), says: map[string]saying{}}
	switch st.in {
	case "sites":
		s.ofSite(&st)
	case "images":
		s.ofImage(&st)
	case "networks":
		s.ofNetwork(&st)
	case "machines":
		s.ofMachine(&st)
	case "volumes":
		s.ofVolume(&st)
	case "snapshots":
		s.ofSnapshot(&st)
	case "licenses":
		s.ofLicense(&st)
	}
	return st
}

func (s speaker) ofSite(st *statement) {
	ref, name, parent, main := s.pick("ref", "s0", "s1", "s2"), s.pick("name", "", "a", "b"), s.site(), s.machine()
	t := tellingOf(s, st, ref, func(in *world) *refresh.Collection[site] { return in.Sites })
	t.says("name", optional(name), func(r *site) any { return &r.Name })
	t.says("parent_id", saying{row: parent.pointer}, func(r *site) any { return &r.Parent })
	t.says("main_id", saying{row: main.pointer}, func(r *site) any { return &r.Main })
	t.row(func(in *world) site {
		return site{Ref: ref, Name: some(name), Parent: parent.find(in), Main: main.find(in)}
	})
}

func (s speaker) ofImage(st *statement) {
	ref, name := s.pick("ref", "i0", "i1"), s.pick("name", "n0", "n1")
	t := tellingOf(s, st, ref, func(in *world) *refresh.Collection[image] { return in.Images })
	t.says("name", quoted(name), func(r *image) any { return &r.Name })
	t.row(func(*world) image { return image{Ref: ref, Name: name} })
}

func (s speaker) ofNetwork(st *statement) {
	ref, name, serial := s.pick("ref", "t0", "t1", "t2"), s.pick("name", "n0", "n1"), s.pick("serial", "", "x0", "x1")
	t := tellingOf(s, st, ref, func(in *world) *refresh.Collection[network] { return in.Networks })
	t.says("name", quoted(name), func(r *network) any { return &r.Name })
	t.says("serial", optional(serial), func(r *network) any { return &r.Serial })
	t.row(func(*world) network { return network{Ref: ref, Name: name, Serial: some(serial)} })
}

func (s speaker) ofMachine(st *statement) {
	ref, uuid, on := s.pick("ref", "m0", "m1", "m2"), s.pick("uuid", "u0", "u1", "u2"), s.yes("on")
	at, from, nameOf := s.site(), s.image(), s.site()
	networks, findNetworks := s.networks()
	owner, owned := (*pointer)(nil), func(*world) refresh.AnyRef { return refresh.AnyRef{} }
	switch s.pick("owner", "none", "site", "machine") {
	case "site":
		by := s.site()
		owner, owned = by.pointer, func(in *world) refresh.AnyRef { return by.find(in).Any() }
	case "machine":
		by := s.machine()
		owner, owned = by.pointer, func(in *world) refresh.AnyRef { return by.find(in).Any() }
	}
	t := tellingOf(s, st, ref, func(in *world) *refresh.Collection[machine] { return in.Machines })
	t.says("uuid", quoted(uuid), func(r *machine) any { return &r.UUID })
	t.says("on_now", saying{value: strconv.FormatBool(on)}, func(r *machine) any { return &r.On })
	t.says("site_id", saying{row: at.pointer}, func(r *machine) any { return &r.Site })
	t.says("image_id", saying{row: from.pointer}, func(r *machine) any { return &r.Image })
	t.says("owner_id", saying{row: owner}, func(r *machine) any { return &r.Owner })
	t.says("site_name", saying{row: nameOf.pointer, field: "name", value: `"none"`}, func(r *machine) any { return &r.SiteName })
	t.says("networks", saying{rows: networks}, func(r *machine) any { return &r.Networks })
	t.row(func(in *world) machine {
		none := "none"
		return machine{
			Ref: ref, UUID: uuid, On: on, Site: at.find(in), Image: from.find(in), Owner: owned(in), Networks: findNetworks(in),
			SiteName: refresh.From(nameOf.find(in), func(of *site) **string { return &of.Name }, &none),
		}
	})
}

func (s speaker) ofVolume(st *statement) {
	w := s.volume()
	of, device := w.of, w.text
	size, sized := s.number("size")
	at, dated := s.number("sized at")
	st.key = w.pointer
	t := tellingOf(s, st, "", func(in *world) *refresh.Collection[volume] { return in.Volumes })
	t.says("size", sized, func(r *volume) any { return &r.Size })
	t.says("sized_at", dated, func(r *volume) any { return &r.SizedAt })
	t.row(func(in *world) volume {
		return volume{Machine: of.machine(in), Device: device, Size: size, SizedAt: at}
	})
}

func (s speaker) ofSnapshot(st *statement) {
	w, of, number := s.snapshot()
	prior, _, _ := s.snapshot()
	st.key = w.pointer
	t := tellingOf(s, st, "", func(in *world) *refresh.Collection[snapshot] { return in.Snapshots })
	t.says("prior_id", saying{row: prior.pointer}, func(r *snapshot) any { return &r.Prior })
	t.row(func(in *world) snapshot {
		return snapshot{Volume: of.find(in), Number: number, Prior: prior.find(in)}
	})
}

func (s speaker) ofLicense(st *statement) {
	ref, on, with, note := s.pick("ref", "l0", "l1"), s.machine(), s.image(), s.pick("note", "a", "b")
	version, versioned := s.number("version")
	home := s.site()
	t := tellingOf(s, st, ref, func(in *world) *refresh.Collection[license] { return in.Licenses })
	t.says("version", versioned, func(r *license) any { return &r.Version })
	t.says("machine_id", saying{row: on.pointer}, func(r *license) any { return &r.Machine })
	t.says("image_id", saying{row: with.pointer}, func(r *license) any { return &r.Image })
	t.says("home_id", saying{row: home.pointer}, func(r *license) any { return &r.Home })
	t.says("note", quoted(note), func(r *license) any { return &r.Note })
	t.row(func(in *world) license {
		return license{Ref: ref, Version: version, Machine: on.find(in), Image: with.find(in), Home: home.find(in), Note: note}
	})
}
