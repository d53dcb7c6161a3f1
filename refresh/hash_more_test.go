package refresh_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

type (
	wing struct {
		ID   int64  `reeve:"id,key"`
		Name string `reeve:"name"`
	}
	hall struct {
		Ref   string                `reeve:"ref,key"`
		Title string                `reeve:"title"`
		Wing  refresh.Ref[wing]     `reeve:"wing_id"`
		Spare refresh.Ref[wing]     `reeve:"spare_id,ifempty"`
		Name  refresh.Value[string] `reeve:"name"`
	}
	palace struct {
		Wings *refresh.Collection[wing]
		Halls *refresh.Collection[hall]
	}
)

func newPalace(t *testing.T) *hashRig[*palace] {
	t.Helper()
	wings := tableOf("wings", "manager", "name")
	wings.Unique = nil
	return newHashRig(t, "halls", func(b *refresh.Builder) *palace {
		return &palace{refresh.Add[wing](b, "wings", nil), refresh.Add[hall](b, "halls", &refresh.CollectionOptions{Hash: "hash"})}
	}, wings, tableOf("halls", "manager*", "ref*", "title", "wing_id→wings", "spare_id→wings", "name", "hash:int"))
}

// Where a row does not point any more at what is deleted, it has no hash: what it pointed at can come back with its id.
func TestHash_ofWhatDangles(t *testing.T) {
	t.Parallel()
	r := newPalace(t)
	full := func(in *palace) {
		in.Wings.Build(wing{7, "east"})
		in.Halls.Build(hall{Ref: "h", Wing: in.Wings.LazyFindLike(wing{ID: 7})})
	}
	r.save(full)
	r.save(func(in *palace) {
		in.Wings.Complete()
		in.Halls.Incomplete(fmt.Errorf("nothing is known of them"))
	})
	r.holds("halls", `ref="h", name="", title=""`)
	r.save(full)
	if got := r.dump()["halls"][`manager="one" ref="h"`]["wing_id"]; got == "" {
		t.Errorf("the wing came back, and the hall is in none")
	}
}

// What is only written where nothing is can be written once the row does not point any more at what was there.
func TestHash_ofWhatIsFreed(t *testing.T) {
	t.Parallel()
	r := newPalace(t)
	spare := func(id int64) func(*palace) {
		return func(in *palace) {
			in.Wings.Build(wing{9, "west"})
			in.Wings.Build(wing{min(id, 8), "east"})
			in.Halls.Build(hall{Ref: "h", Spare: in.Wings.LazyFindLike(wing{ID: id})})
		}
	}
	r.once(spare(7))
	r.once(spare(9))
	r.save(spare(9)) // what was there is gone
	if got := r.dump()["halls"][`manager="one" ref="h"`]["spare_id"]; got == "" {
		t.Error("the spare wing is none; want the other one")
	}
}

// A row that somebody else made point at what is deleted does not do so any more, though it has the hash of what is said of it.
func TestHash_ofWhatOthersMadeDangle(t *testing.T) {
	t.Parallel()
	r := newPalace(t)
	r.once(func(in *palace) {
		in.Wings.Build(wing{7, "east"})
		in.Wings.Build(wing{9, "west"})
		in.Halls.Build(hall{Ref: "h", Wing: in.Wings.LazyFindLike(wing{ID: 7}), Spare: in.Wings.LazyFindLike(wing{ID: 7})})
	})
	r.host("halls", "wing_id", 1, storage.IntValue(9))
	only := func(in *palace) {
		east := in.Wings.Build(wing{7, "east"})
		in.Halls.Build(hall{Ref: "h", Wing: east, Spare: east})
	}
	says(t, r.once(only), "wings: 1 deleted, 1 unchanged", "halls: 1 updated")
	says(t, r.save(only), "halls: 1 updated")
}

// Where it cannot be without that, what is deleted stays, because the row is not written.
func TestHash_ofWhatOthersMadeNeed(t *testing.T) {
	t.Parallel()
	type room struct {
		Ref  string            `reeve:"ref,key"`
		Wing refresh.Ref[wing] `reeve:"wing_id,required"`
	}
	type palace struct {
		Wings *refresh.Collection[wing]
		Rooms *refresh.Collection[room]
	}
	wings := tableOf("wings", "manager", "name")
	wings.Unique = nil
	r := newHashRig(t, "rooms", func(b *refresh.Builder) *palace {
		return &palace{refresh.Add[wing](b, "wings", nil), refresh.Add[room](b, "rooms", &refresh.CollectionOptions{Hash: "hash"})}
	}, wings, tableOf("rooms", "manager*", "ref*", "wing_id→wings", "hash:int"))
	only := func(in *palace) { in.Rooms.Build(room{"r", in.Wings.Build(wing{7, "east"})}) }
	r.once(func(in *palace) {
		in.Wings.Build(wing{9, "west"})
		only(in)
	})
	r.host("rooms", "wing_id", 1, storage.IntValue(9))
	says(t, r.save(only), `needed wings id=9: rooms ref="r" points at it by wing_id`, "wings: 1 unchanged, 1 kept")
}

// What a row has from another one is looked at each time.
func TestHash_ofWhatIsLent(t *testing.T) {
	t.Parallel()
	r := newPalace(t)
	named := func(name string) func(*palace) {
		return func(in *palace) {
			at := in.Wings.Build(wing{7, name})
			in.Halls.Build(hall{Ref: "h", Wing: at, Name: refresh.From(at, func(w *wing) *string { return &w.Name }, "none")})
		}
	}
	r.save(named("east"))
	says(t, r.save(named("west")), "halls: 1 updated")
	if got := r.dump()["halls"][`manager="one" ref="h"`]["name"]; got != `"west"` {
		t.Errorf("the hall's name is %s; want the wing's", got)
	}
}

// Also where a row had what is now the id of the one that it has it from.
func TestHash_ofLentNumbers(t *testing.T) {
	t.Parallel()
	type floor struct {
		ID     int64 `reeve:"id,key"`
		Number int64 `reeve:"number"`
	}
	type lift struct {
		Ref string               `reeve:"ref,key"`
		At  refresh.Value[int64] `reeve:"at"`
	}
	type tower struct {
		Floors *refresh.Collection[floor]
		Lifts  *refresh.Collection[lift]
	}
	floors := tableOf("floors", "manager", "number:int")
	floors.Unique = nil
	r := newHashRig(t, "lifts", func(b *refresh.Builder) *tower {
		return &tower{refresh.Add[floor](b, "floors", nil), refresh.Add[lift](b, "lifts", &refresh.CollectionOptions{Hash: "hash"})}
	}, floors, tableOf("lifts", "manager*", "ref*", "at:int", "hash:int"))
	at := func(number int64) func(*tower) {
		return func(in *tower) {
			f := in.Floors.Build(floor{7, number})
			in.Lifts.Build(lift{"a", refresh.From(f, func(f *floor) *int64 { return &f.Number }, 0)})
		}
	}
	r.save(at(7))
	says(t, r.save(at(8)), "lifts: 1 updated")
}

type (
	sample struct {
		Ref    string `reeve:"ref,key"`
		Title  string `reeve:"title"`
		Load   int    `reeve:"load"`
		LoadAt *int64 `reeve:"load_at,version=load"`
	}
	samples struct {
		Samples *refresh.Collection[sample]
	}
)

func newSamples(t *testing.T) *hashRig[*samples] {
	t.Helper()
	return newHashRig(t, "samples", func(b *refresh.Builder) *samples {
		return &samples{refresh.Add[sample](b, "samples", &refresh.CollectionOptions{Hash: "hash"})}
	}, tableOf("samples", "manager*", "ref*", "title", "load:int", "load_at:int", "hash:int"))
}

// A row that does not hold all that was said of it has no hash.
func TestHash_ofVersions(t *testing.T) {
	t.Parallel()
	r := newSamples(t)
	say := func(title string, load int, at int64) func(*samples) {
		return func(in *samples) { in.Samples.Build(sample{"a", title, load, &at}) }
	}
	first := say("first", 5, 5)
	r.save(first)
	r.reads("the same", 1, 0, first)
	for range 2 {
		if plan := r.reads("older", 1, 1, say("first", 4, 4)); !plan.Empty() || countedIn(t, plan, "samples").Stale != 1 {
			t.Errorf("an older load: the plan is\n%s", planText(t, plan))
		}
	}
	r.save(say("second", 4, 4))
	r.save(first)
	r.holds("samples", `ref="a", hash=`+r.hashes("samples")[`"a"`]+`, load=5, load_at=5, title="first"`)
}

// hashOf returns the hash of a book in a library of its own.
func hashOf(t testing.TB, of func(in *library) book) string {
	t.Helper()
	r := newLibrary(t)
	r.once(func(in *library) {
		for i := range 3 {
			in.Stands.Build(stand{fmt.Sprint("s", i), ""})
			in.Patrons.Build(patron{fmt.Sprint("s", i)})
		}
		in.Books.Build(of(in))
	})
	return slices.Collect(maps.Values(r.hashes("books")))[0]
}

// A hash is the same in another process, by another program and on another machine.
func TestHash_isTheSameElsewhere(t *testing.T) {
	t.Parallel()
	got := hashOf(t, func(in *library) book {
		title := "title"
		return book{Ref: "b", Title: &title, Words: []string{"a"}, Stand: in.Stands.LazyFind("s1"), Holder: in.Patrons.LazyFind("s2").Any()}
	})
	const want = "5852039352821862730"
	if got != want {
		t.Errorf("the hash is %s; it was %s", got, want)
	}
}

// Two rows that hold different things have different hashes.
func TestHash_differs(t *testing.T) {
	t.Parallel()
	tb := t
	said := rapid.Custom(func(t *rapid.T) [7]string {
		text := rapid.SampledFrom([]string{"", "a", "b", "ab"})
		at := rapid.SampledFrom([]string{"", "s0", "s1", "s2"})
		return [7]string{
			text.Draw(t, "ref") + "x", text.Draw(t, "title"), text.Draw(t, "note"), text.Draw(t, "word"),
			at.Draw(t, "stand"), at.Draw(t, "second"), rapid.SampledFrom([]string{"", "stand s0", "stand s1", "patron s0", "patron s1"}).Draw(t, "holder"),
		}
	})
	hash := func(of [7]string) string {
		return hashOf(tb, func(in *library) book {
			b := book{Ref: of[0], Note: of[2], Words: []string{of[3]}, Stand: in.Stands.LazyFind(of[4]), Second: in.Stands.LazyFind(of[5])}
			if of[1] != "" {
				b.Title = &of[1]
			}
			switch kind, ref, _ := strings.Cut(of[6], " "); kind {
			case "stand":
				b.Holder = in.Stands.LazyFind(ref).Any()
			case "patron":
				b.Holder = in.Patrons.LazyFind(ref).Any()
			}
			return b
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := said.Draw(t, "one"), said.Draw(t, "another")
		if n := rapid.IntRange(0, len(a)).Draw(t, "alike up to"); n > 0 {
			copy(b[:n], a[:n])
		}
		if x, y := hash(a), hash(b); (x == y) != (a == b) {
			t.Errorf("%q has the hash %s, and %q has %s", a, x, b, y)
		}
	})
}
