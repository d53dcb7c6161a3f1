package refresh_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/refresh"
)

type (
	district struct {
		Ref string `reeve:"ref,key"`
	}
	shop struct {
		Ref    string                `reeve:"ref,key"`
		Region refresh.Ref[district] `reeve:"region_id"`
		Kind   *string               `reeve:"kind"`
		Notes  []string              `reeve:"notes,json"`
	}
	shelf struct {
		Shop refresh.Ref[shop] `reeve:"shop_id,key"`
		No   int               `reeve:"no,key"`
	}
	chain struct {
		Regions *refresh.Collection[district]
		Shops   *refresh.Collection[shop]
		Shelves *refresh.Collection[shelf]
	}
)

func newChain(t *testing.T) *rig[*chain] {
	t.Helper()
	return newRig(t, func(b *refresh.Builder) *chain {
		return &chain{
			refresh.Add[district](b, "regions", nil), refresh.Add[shop](b, "shops", nil),
			refresh.Add[shelf](b, "shelves", &refresh.CollectionOptions{ChildOf: []string{"shop_id"}}),
		}
	}, tableOf("regions", "manager*", "ref*"), tableOf("shops", "manager*", "ref*", "region_id→regions", "kind", "notes"), tableOf("shelves", "shop_id→shops*", "no:int*"))
}

func (in *chain) region(ref string) refresh.Ref[district] { return in.Regions.LazyFind(ref) }

// fill brings two shops of a kind in each of two regions, and one in none.
func (in *chain) fill() {
	for _, ref := range []string{"n", "s"} {
		r := in.Regions.Build(district{ref})
		for _, kind := range []string{"big", "small"} {
			s := in.Shops.Build(shop{Ref: ref + "-" + kind, Region: r, Kind: &kind})
			in.Shelves.Build(shelf{s, 1})
		}
	}
	in.Shops.Build(shop{Ref: "nowhere"})
}

// all returns targets that are all shops of a region, or of a kind.
func (in *chain) all(t testing.TB, like shop, fields func(*shop) []any) *refresh.Targets {
	t.Helper()
	var targets refresh.Targets
	target(t, in.Shops.TargetAll(&targets, like, fields))
	text, err := json.Marshal(targets) // as it travels
	target(t, err)
	var again refresh.Targets
	target(t, json.Unmarshal(text, &again))
	again.Merge(&targets)
	if n := again.Len(); n != 1 {
		t.Errorf("there are %d targets, and 1 was added:\n%s", n, text)
	}
	return &again
}

func (r *rig[P]) targeted(targets *refresh.Targets, parse func(P)) (*refresh.Plan, error) {
	r.Helper()
	open, err := r.persister.Open(r.Context(), "one", targets)
	if err != nil {
		return nil, err
	}
	parse(open.Inventory)
	return open.Save(r.Context(), 0)
}

// What is not in a list of all that there is, is deleted: in the scope of the list, with what belongs to it, and without
// any data.
func TestTargetAll(t *testing.T) {
	t.Parallel()
	inRegion := func(s *shop) []any { return []any{&s.Region} }
	for name, of := range map[string]struct {
		like   func(*chain) shop
		fields func(*shop) []any
		parse  func(*chain)
		want   string // of what is left
	}{
		"a list":    {func(in *chain) shop { return shop{Region: in.region("n")} }, inRegion, func(in *chain) { in.Shops.Exists(shop{Ref: "n-big"}) }, "n-big nowhere s-big s-small"},
		"data":      {func(in *chain) shop { return shop{Region: in.region("n")} }, inRegion, func(in *chain) { in.Shops.Build(shop{Ref: "n-big"}) }, "n-big nowhere s-big s-small"},
		"both":      {func(in *chain) shop { return shop{Region: in.region("n")} }, inRegion, func(in *chain) { in.Shops.Exists(shop{Ref: "n-big"}); in.Shops.Build(shop{Ref: "new"}) }, "n-big new nowhere s-big s-small"},
		"of a kind": {func(*chain) shop { return shop{Kind: new("big")} }, func(s *shop) []any { return []any{&s.Kind} }, func(in *chain) { in.Shops.Exists(shop{Ref: "s-big"}) }, "n-small nowhere s-big s-small"},
		"of two":    {func(in *chain) shop { return shop{Kind: new("big"), Region: in.region("s")} }, func(s *shop) []any { return []any{&s.Kind, &s.Region} }, func(in *chain) { in.Shops.Complete() }, "n-big n-small nowhere s-small"},
		"of null":   {func(*chain) shop { return shop{} }, inRegion, func(in *chain) { in.Shops.Complete() }, "n-big n-small s-big s-small"},
		"all":       {func(*chain) shop { return shop{} }, nil, func(in *chain) { in.Shops.Exists(shop{Ref: "nowhere"}) }, "nowhere"},
		"nothing":   {func(*chain) shop { return shop{} }, nil, func(in *chain) { in.Shops.Complete() }, ""},
		"no answer": {func(*chain) shop { return shop{} }, nil, func(*chain) {}, "n-big n-small nowhere s-big s-small"},
		"no region": {func(in *chain) shop { return shop{Region: in.region("x")} }, inRegion, func(in *chain) { in.Shops.Complete() }, "n-big n-small nowhere s-big s-small"},
	} {
		r := newChain(t)
		r.once((*chain).fill)
		inv, err := r.persister.Inventory()
		target(t, err)
		plan, err := r.targeted(inv.all(t, of.like(inv), of.fields), of.parse)
		target(t, err)
		var left, shelves []string
		for _, ref := range []string{"n-big", "n-small", "new", "nowhere", "s-big", "s-small"} {
			key := fmt.Sprintf("manager=\"one\" ref=%q", ref)
			if r.dump()["shops"][key] != nil {
				left = append(left, ref)
			}
			if r.dump()["shelves"]["shop_id=("+key+") no=1"] != nil {
				shelves = append(shelves, ref)
			}
		}
		if got := strings.Join(left, " "); got != of.want {
			t.Errorf("%s: %s are left, and %s have to be:\n%s", name, got, of.want, planText(t, plan))
		}
		if n := len(shelves); n != strings.Count(of.want, "-") {
			t.Errorf("%s: the shelves of %v are left", name, shelves)
		}
	}
}

// Rows that somebody has saved since the list was taken are not in it, and stay.
func TestTargetAll_olderThanRows(t *testing.T) {
	t.Parallel()
	r := newChain(t)
	r.once((*chain).fill)
	inv, err := r.persister.Inventory()
	target(t, err)
	open, err := r.persister.Open(t.Context(), "one", inv.all(t, shop{}, nil))
	target(t, err)
	open.Inventory.Shops.Exists(shop{Ref: "n-big"}) // the list

	var other refresh.Targets
	target(t, inv.Shops.Target(&other, shop{Ref: "since"}))
	_, err = r.targeted(&other, func(in *chain) { in.Shops.Build(shop{Ref: "since"}) })
	target(t, err)
	plan, err := open.Save(t.Context(), 0)
	target(t, err)
	says(t, plan, "shops: 4 deleted, 1 unchanged, 1 newer")
}

// The guard looks at what is not named one by one.
func TestTargetAll_guarded(t *testing.T) {
	t.Parallel()
	r := newChain(t)
	p, err := refresh.NewPersister(func(b *refresh.Builder) *chain {
		return &chain{
			refresh.Add[district](b, "regions", nil), refresh.Add[shop](b, "shops", nil),
			refresh.Add[shelf](b, "shelves", &refresh.CollectionOptions{ChildOf: []string{"shop_id"}}),
		}
	}, r.in, &refresh.PersisterOptions{Guard: refresh.Guard{Rows: 1}})
	target(t, err)
	r.once((*chain).fill)
	inv, err := p.Inventory()
	target(t, err)
	r.persister = p
	_, err = r.targeted(inv.all(t, shop{}, nil), func(in *chain) { in.Shops.Exists(shop{Ref: "nowhere"}) })
	guarded, is := errors.AsType[*refresh.GuardError](err)
	if !is || !strings.Contains(err.Error(), `removes 4 of the 5 rows of collection "shops", where 2 may go`) {
		t.Fatalf("the error is %v", err)
	}
	target(t, guarded.Plan.Close())

	var named refresh.Targets
	for _, ref := range []string{"n-big", "n-small", "s-big", "s-small"} {
		target(t, inv.Shops.Target(&named, shop{Ref: ref}))
	}
	_, err = r.targeted(&named, func(*chain) {})
	target(t, err)
}

func TestTargetAll_refused(t *testing.T) {
	t.Parallel()
	r := newChain(t)
	inv, err := r.persister.Inventory()
	target(t, err)
	var targets refresh.Targets
	other := shop{}
	for words, fields := range map[string]func(*shop) []any{
		`column "notes"`:                func(s *shop) []any { return []any{&s.Notes} },
		"points at no tagged field":     func(*shop) []any { return []any{&other.Kind} },
		"pointers to fields of the row": func(s *shop) []any { return []any{s.Ref} },
	} {
		if err := inv.Shops.TargetAll(&targets, shop{}, fields); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("the error is %v; it must say %s", err, words)
		}
	}
	if targets.Len() != 0 {
		t.Errorf("%d targets were added", targets.Len())
	}
	for text, words := range map[string]string{
		`{"shops": [{"*": true, "nothing": "x"}]}`: `there is no column "nothing"`,
		`{"shops": [{"*": true, "notes": "x"}]}`:   `column "notes"`,
		`{"shops": [{"*": true, "kind": 1}]}`:      `column "kind"`,
	} {
		var hostile refresh.Targets
		target(t, json.Unmarshal([]byte(text), &hostile))
		if _, err := r.persister.Open(t.Context(), "one", &hostile); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: the error is %v; it must say %s", text, err, words)
		}
		if _, err := inv.Shops.TargetsAll(&hostile); err == nil {
			t.Errorf("%s: it can be read", text)
		}
	}
}

// A collector reads what it is asked for, rows and all rows apart.
func TestTargetsAll(t *testing.T) {
	t.Parallel()
	inv, err := newChain(t).persister.Inventory()
	target(t, err)
	targets := inv.all(t, shop{Kind: new("big"), Ref: "not asked"}, func(s *shop) []any { return []any{&s.Kind} })
	target(t, inv.Shops.Target(targets, shop{Ref: "one"}))
	all, err := inv.Shops.TargetsAll(targets)
	target(t, err)
	if len(all) != 1 || all[0].Ref != "" || *all[0].Kind != "big" || !all[0].Region.IsNull() {
		t.Errorf("all of %+v are asked for", all)
	}
	rows, err := inv.Shops.Targets(targets)
	target(t, err)
	if len(rows) != 1 || rows[0].Ref != "one" {
		t.Errorf("rows %+v are asked for", rows)
	}
}

// That a row exists is the least that can be said of it.
func TestExists(t *testing.T) {
	t.Parallel()
	r := newMusic(t)
	r.save(func(in music) {
		in.Artists.Build(artist{"a", "Ada"})
		in.Artists.Build(artist{"b", "Bob"})
		in.Artists.Build(artist{"c", "Cid"})
	})
	plan := r.save(func(in music) {
		in.Artists.Exists(artist{"a", "not written"})
		in.Artists.Exists(artist{Ref: "b"})
		in.Artists.Build(artist{"b", "Bert"}) // it says more
		in.Artists.Exists(artist{Ref: "b"})
		in.Artists.Exists(artist{Ref: "new"})
		in.Artists.Exists(artist{})
		in.Artists.Exists(artist{Ref: "found"})
		in.Artists.FindOrBuild(artist{Ref: "found"}, func() artist { return artist{"found", "Finn"} })
		in.Albums.Exists(album{Ref: "none"})
	})
	says(t, plan, `delete artists ref="c"`, "artists: 1 created, 1 updated, 1 deleted, 1 unchanged, 1 missing, 1 refused", "albums: 1 missing")
	r.holds("artists", `ref="a", name="Ada"`, `ref="b", name="Bert"`, `ref="found", name="Finn"`)
}

// A row that is only known to exist is found if the database has it; else it is created for a reference whose tag says
// stub, and for no other.
func TestExists_pointedAt(t *testing.T) {
	t.Parallel()
	type room struct {
		House  refresh.Ref[zone] `reeve:"house_id,key,stub"`
		Number int               `reeve:"number,key"`
	}
	type guest struct {
		Ref  string            `reeve:"ref,key"`
		Room refresh.Ref[room] `reeve:"room_id,stub"`
		From refresh.Ref[zone] `reeve:"from_id"`
	}
	type inn struct {
		Houses *refresh.Collection[zone]
		Rooms  *refresh.Collection[room]
		Guests *refresh.Collection[guest]
	}
	r := newRig(t, func(b *refresh.Builder) inn {
		return inn{
			refresh.Add[zone](b, "houses", nil), refresh.Add[room](b, "rooms", &refresh.CollectionOptions{ChildOf: []string{"house_id"}}),
			refresh.Add[guest](b, "guests", nil),
		}
	}, tableOf("houses", "manager*", "ref*"), tableOf("rooms", "house_id→houses*", "number:int*"), tableOf("guests", "manager*", "ref*", "room_id→rooms", "from_id→houses"))
	r.once(func(in inn) { in.Houses.Build(zone{"old"}) })
	plan := r.save(func(in inn) {
		for _, ref := range []string{"old", "new", "elsewhere", "alone"} {
			in.Houses.Exists(zone{ref})
		}
		at := room{in.Houses.LazyFind("new"), 7}
		in.Rooms.Exists(at)
		in.Rooms.Exists(room{in.Houses.LazyFind("old"), 1})
		in.Guests.Build(guest{"g", in.Rooms.LazyFindLike(at), in.Houses.LazyFind("old")})
		in.Guests.Build(guest{"h", refresh.Ref[room]{}, in.Houses.LazyFind("elsewhere")})
	})
	says(t, plan, "houses: 1 created, 1 unchanged, 2 missing", "rooms: 1 created, 1 missing", "guests: 2 created", `unresolved guests.from_id → houses(ref="elsewhere")`)
	r.holds("houses", `ref="new"`, `ref="old"`)
	r.holds("rooms", `house_id=(ref="new") number=7`)
	r.holds("guests", `ref="g", from_id=(ref="old"), room_id=(house_id=(ref="new") number=7)`, `ref="h"`)
}
