package inventorytest

import (
	"fmt"
	"strconv"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
)

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

// A saying is what a column is said to hold: a value as a dump shows it, a row, a field of a row, or several rows.
type saying struct {
	value string // empty: null
	row   *pointer
	field string // of the row
	rows  []*pointer
}

func (s saying) String() string { return fmt.Sprint(s.value, "|", s.row, "|", s.field, "|", s.rows) }

// A statement is what a parser says of one row, and how it says so.
type statement struct {
	in   string
	key  *pointer // of the row itself
	says map[string]saying
	tell func(in *world)
	// wholly says all of the row, also what the statement is not about.
	wholly func(in *world)
}

func (s statement) String() string { return fmt.Sprint(s.key, s.says) }

// statements draws what a parser says.
func statements() *rapid.Generator[[]statement] {
	const most = 10
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) statement { return speaker{t}.statement() }), 0, most)
}

// A speaker draws statements.
type speaker struct{ *rapid.T }

func (s speaker) pick(what string, of ...string) string {
	return rapid.SampledFrom(of).Draw(s.T, what)
}

func (s speaker) yes(what string) bool { return rapid.Bool().Draw(s.T, what) }

// number draws a small number, or none.
func (s speaker) number(what string) (*int64, saying) {
	n := rapid.Int64Range(0, 2).Draw(s.T, what)
	if n == 0 {
		return nil, saying{}
	}
	return &n, saying{value: strconv.FormatInt(n, 10)}
}

// optional says a text, or null if it is empty; some returns it likewise.
func optional(text string) saying {
	if text == "" {
		return saying{}
	}
	return quoted(text)
}

func some(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func quoted(text string) saying { return saying{value: strconv.Quote(text)} }

// A way is how to find a row, and the pointer to it.
type way[T any] struct {
	*pointer
	find func(in *world) refresh.Ref[T]
}

func (s speaker) site() way[site] {
	ref := s.pick("site", "", "s0", "s1", "s2")
	if ref == "" {
		return way[site]{nil, func(*world) refresh.Ref[site] { return refresh.Ref[site]{} }}
	}
	return way[site]{&pointer{to: "sites", text: ref}, func(in *world) refresh.Ref[site] { return in.Sites.LazyFind(ref) }}
}

func (s speaker) image() way[image] {
	if s.yes("by name") {
		name := s.pick("image", "n0", "n1")
		return way[image]{&pointer{to: "images", by: "name", text: name}, func(in *world) refresh.Ref[image] {
			return in.Images.LazyFindBy("by_name", image{Name: name})
		}}
	}
	ref := s.pick("image", "i0", "i1")
	return way[image]{&pointer{to: "images", text: ref}, func(in *world) refresh.Ref[image] {
		return in.Images.LazyFindLike(image{Ref: ref, Name: "does not count"})
	}}
}

func (s speaker) machine() way[machine] {
	if s.yes("by uuid") {
		uuid := s.pick("machine", "u0", "u1", "u2")
		return way[machine]{&pointer{to: "machines", by: "uuid", text: uuid}, func(in *world) refresh.Ref[machine] {
			return in.Machines.LazyFindBy("by_uuid", machine{UUID: uuid})
		}}
	}
	ref := s.pick("machine", "m0", "m1", "m2")
	return way[machine]{&pointer{to: "machines", text: ref}, func(in *world) refresh.Ref[machine] { return in.Machines.LazyFind(ref) }}
}

func (p *pointer) machine(in *world) refresh.Ref[machine] {
	if p.by == "uuid" {
		return in.Machines.LazyFindBy("by_uuid", machine{UUID: p.text})
	}
	return in.Machines.LazyFind(p.text)
}

func (s speaker) volume() way[volume] {
	of, device := s.machine(), s.pick("device", "d0", "d1")
	return way[volume]{&pointer{to: "volumes", text: device, of: of.pointer}, func(in *world) refresh.Ref[volume] {
		return in.Volumes.LazyFindLike(volume{Machine: of.find(in), Device: device})
	}}
}

func (s speaker) snapshot() (way[snapshot], way[volume], int) {
	of, number := s.volume(), rapid.IntRange(0, 1).Draw(s.T, "number")
	return way[snapshot]{&pointer{to: "snapshots", text: strconv.Itoa(number), of: of.pointer}, func(in *world) refresh.Ref[snapshot] {
		return in.Snapshots.LazyFindLike(snapshot{Volume: of.find(in), Number: number})
	}}, of, number
}

func (s speaker) networks() (pointers []*pointer, find func(in *world) []refresh.Ref[network]) {
	var refs []string
	for _, ref := range []string{"t0", "t1", "t2"} {
		if s.yes("in " + ref) {
			refs = append(refs, ref)
			pointers = append(pointers, &pointer{to: "networks", text: ref})
		}
	}
	return pointers, func(in *world) (of []refresh.Ref[network]) {
		for _, ref := range refs {
			of = append(of, in.Networks.LazyFind(ref))
		}
		return of
	}
}
