package refresh_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

type (
	album struct {
		Ref    string              `reeve:"ref,key"`
		Artist refresh.Ref[artist] `reeve:"artist_id,stub"`
	}
	artist struct {
		Ref  string `reeve:"ref,key"`
		Name string `reeve:"name"`
	}
	music struct {
		Albums  *refresh.Collection[album]
		Artists *refresh.Collection[artist]
	}
)

func newMusic(t *testing.T) *rig[music] {
	t.Helper()
	return newRig(t, func(b *refresh.Builder) music {
		return music{refresh.Add[album](b, "albums", nil), refresh.Add[artist](b, "artists", nil)}
	}, tableOf("albums", "manager*", "ref*", "artist_id→artists"), tableOf("artists", "manager*", "ref*", "name"))
}

// A refresh can be planned as often as one likes, and filled further in between: what a plan makes up, such as rows that are
// only pointed at, is no part of what was brought.
func TestPlan_again(t *testing.T) {
	t.Parallel()
	r := newMusic(t)
	r.once(func(in music) { in.Artists.Build(artist{"gone", "Gone"}) })
	open, err := r.persister.Open(t.Context(), "one", nil)
	target(t, err)
	in := open.Inventory
	in.Albums.Build(album{"1", in.Artists.LazyFind("a")})
	plan := func() string {
		t.Helper()
		p, err := open.Plan(t.Context())
		target(t, err)
		defer func() { target(t, p.Close()) }()
		return planText(t, p)
	}
	first := plan()
	if !strings.Contains(first, "artists: 1 created, 1 kept") { // nobody brought an artist, so none is deleted
		t.Errorf("the plan is\n%s", first)
	}
	if again := plan(); again != first {
		t.Errorf("the second plan is\n%sand the first was\n%s", again, first)
	}
	if n := in.Artists.Len(); n != 0 {
		t.Errorf("%d artists were brought; none were", n)
	}

	in.Artists.FindOrBuild(artist{Ref: "a"}, func() artist { return artist{"a", "Ada"} })
	in.Artists.Build(artist{"b", "Bob"})
	in.Albums.Build(album{"2", in.Artists.LazyFind("c")})
	if now := plan(); !strings.Contains(now, "artists: 3 created, 1 deleted") || !strings.Contains(now, `name "Ada"`) || strings.Contains(now, "duplicate") {
		t.Errorf("filled further, the plan is\n%s", now)
	}
	saved, err := open.Save(t.Context(), 0)
	target(t, err)
	says(t, saved, "artists: 3 created, 1 deleted", "albums: 2 created")
	r.holds("artists", `ref="a", name="Ada"`, `ref="b", name="Bob"`, `ref="c"`)
}

type (
	camera struct {
		Ref string             `reeve:"ref,key"`
		On  refresh.Ref[mount] `reeve:"on_id"`
	}
	mount struct {
		Ref string `reeve:"ref,key"`
	}
	shot struct {
		Ref string                            `reeve:"ref,key"`
		On  refresh.Value[refresh.Ref[mount]] `reeve:"on_id"`
	}
	studio struct {
		Cameras  *refresh.Collection[camera]
		Mounts   *refresh.Collection[mount]
		Pictures *refresh.Collection[shot]
	}
)

// A value that is a reference points at rows as any other: what is deleted is taken away from it first.
func TestValueOfRef_toWhatIsDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(b *refresh.Builder) studio {
		return studio{refresh.Add[camera](b, "cameras", nil), refresh.Add[mount](b, "mounts", nil), refresh.Add[shot](b, "pictures", nil)}
	}, tableOf("cameras", "manager*", "ref*", "on_id→mounts"), tableOf("mounts", "manager*", "ref*"), tableOf("pictures", "manager*", "ref*", "on_id→mounts"))
	on := func(in studio, ref string) refresh.Value[refresh.Ref[mount]] {
		return refresh.From(in.Cameras.LazyFind(ref), func(c *camera) *refresh.Ref[mount] { return &c.On }, refresh.Ref[mount]{})
	}
	r.save(func(in studio) {
		in.Cameras.Build(camera{"c", in.Mounts.Build(mount{"m"})})
		in.Pictures.Build(shot{"p", on(in, "c")})
		in.Pictures.Build(shot{"q", on(in, "c")})
	})
	r.holds("pictures", `ref="p", on_id=(ref="m")`, `ref="q", on_id=(ref="m")`)
	r.save(func(in studio) { // one shot is brought, of the other nothing is known
		in.Cameras.Build(camera{"c", in.Mounts.Build(mount{"n"})})
		in.Pictures.Build(shot{"p", on(in, "c")})
		in.Pictures.Incomplete(errors.New("broken"))
	})
	r.holds("mounts", `ref="n"`)
	r.holds("pictures", `ref="p", on_id=(ref="n")`, `ref="q"`)
}

// What conflicts with a plan is rows, and rows have no versions.
func TestConflict_speaksOfRows(t *testing.T) {
	t.Parallel()
	r := newMusic(t)
	r.once(func(in music) { in.Artists.Build(artist{"a", "Ada"}) })
	for name, of := range map[string]struct {
		planned, between func(music)
		want             string
	}{
		"updated": {
			func(in music) { in.Artists.Build(artist{"a", "Eve"}) },
			func(in music) { in.Artists.Build(artist{"a", "another"}) },
			`1 rows of table "artists" are not as the plan has them`,
		},
		"deleted": {
			func(in music) { in.Artists.Complete() },
			func(in music) { in.Albums.Build(album{"1", in.Artists.Build(artist{"a", "Ada"})}) },
			`of collection "albums" points by artist_id at what the plan deletes`,
		},
	} {
		open, err := r.persister.Open(t.Context(), "one", nil)
		target(t, err)
		of.planned(open.Inventory)
		plan, err := open.Plan(t.Context())
		target(t, err)
		r.once(of.between)
		err = r.persister.Apply(t.Context(), plan, 0)
		if !errors.Is(err, storage.ErrConflict) || !strings.Contains(err.Error(), of.want) || strings.Contains(err.Error(), "version") {
			t.Errorf("%s: the error is %v; it must say %s, and nothing of versions", name, err, of.want)
		}
	}
}
