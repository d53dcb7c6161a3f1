package refresh_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

func TestSteps(t *testing.T) {
	t.Parallel()
	var done []string
	var fails error
	step := func(name string, after ...string) refresh.Step {
		return refresh.Step{Name: name, After: after, Do: func(_ context.Context, s refresh.Saving) error {
			done = append(done, name)
			if n := countedIn(t, s.Plan, "zones").Inserts; int(s.Number) == 1 && n != 1 {
				t.Errorf("step %q sees a plan that creates %d zones", name, n)
			}
			if name == "second" {
				return fails
			}
			return nil
		}}
	}
	r := newRig(t, func(b *refresh.Builder) *refresh.Collection[zone] {
		refresh.AddStep(b, step("third", "first", "second"))
		refresh.AddStep(b, step("first"))
		refresh.AddStep(b, step("second", "first"))
		return refresh.Add[zone](b, "zones", nil)
	}, tableOf("zones", "manager*", "ref*"))
	parse := func(zones *refresh.Collection[zone]) { zones.Build(zone{"a"}) }
	order := []string{"first", "second", "third"}
	r.once(parse)
	r.once(parse) // it changes nothing, and they are done
	if !slices.Equal(done, slices.Concat(order, order)) {
		t.Errorf("the steps are done in the order %v", done)
	}

	// A plan that is applied does them, too. If one fails, nothing is saved.
	open, err := r.persister.Open(t.Context(), "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	parse(open.Inventory)
	open.Inventory.Build(zone{"b"})
	plan, err := open.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done, fails = nil, errors.New("broken")
	if err := r.persister.Apply(t.Context(), plan, 0); !errors.Is(err, fails) || !strings.Contains(err.Error(), `refresh: step "second" of manager "one": broken`) {
		t.Errorf("the error is %v", err)
	}
	r.holds("zones", `ref="a"`)
	fails = nil
	if err := r.persister.Apply(t.Context(), plan, 0); err != nil {
		t.Error(err)
	}
	r.holds("zones", `ref="a"`, `ref="b"`)
	if want := []string{"first", "second", "first", "second", "third"}; !slices.Equal(done, want) {
		t.Errorf("the steps are done in the order %v; %v is right", done, want)
	}
}

func TestSteps_refused(t *testing.T) {
	t.Parallel()
	do := func(context.Context, refresh.Saving) error { return nil }
	for _, of := range []struct {
		steps []refresh.Step
		words string
	}{
		{[]refresh.Step{{Do: do}}, "a step has no name"},
		{[]refresh.Step{{Name: "a"}}, `step "a" does nothing`},
		{[]refresh.Step{{Name: "a", Do: do}, {Name: "a", Do: do}}, `there are two steps "a"`},
		{[]refresh.Step{{Name: "a", After: []string{"nowhere"}, Do: do}}, `step "a" is after "nowhere", which is no collection and no step`},
		{[]refresh.Step{{Name: "a", Before: []string{"nowhere"}, Do: do}}, `step "a" is before "nowhere", which is no collection`},
		{[]refresh.Step{{Name: "a", Before: []string{"b"}, Do: do}, {Name: "b", Do: do}}, `step "a" is before "b", which is no collection`},
		{[]refresh.Step{{Name: "zones", Do: do}}, `step "zones" has the name of a collection`},
		{[]refresh.Step{{Name: "a", After: []string{"zones"}, Before: []string{"zones"}, Do: do}}, `each of "zones" → step "a" → "zones" has to come after the next`},
		{[]refresh.Step{{Name: "a", Before: []string{"zones"}, After: []string{"b"}, Do: do}, {Name: "b", Do: do}}, `each of "zones" → step "a" → step "b" → "zones" has to come after the next`},
		{[]refresh.Step{{Name: "a", After: []string{"b"}, Do: do}, {Name: "b", After: []string{"c"}, Do: do}, {Name: "c", After: []string{"b"}, Do: do}}, `each of step "b" → step "c" → step "b" has to come after the next`},
	} {
		_, err := refresh.NewPersister(func(b *refresh.Builder) *refresh.Collection[zone] {
			for _, s := range of.steps {
				refresh.AddStep(b, s)
			}
			return refresh.Add[zone](b, "zones", nil)
		}, newNeedy(t).in, nil)
		if err == nil || !strings.Contains(err.Error(), of.words) {
			t.Errorf("the error is %v; it must say %s", err, of.words)
		}
	}
}

type (
	rack struct {
		Ref  string                 `reeve:"ref,key"`
		Zone refresh.Ref[zone]      `reeve:"zone_id"`
		Main refresh.Ref[server]    `reeve:"main_id"`
		Tags []refresh.Ref[rackTag] `reeve:"tags,through=racks_tags(rack_id,tag_id)"`
	}
	server struct {
		Ref  string            `reeve:"ref,key"`
		Rack refresh.Ref[rack] `reeve:"rack_id,required"`
	}
	rackTag struct {
		Ref string `reeve:"ref,key"`
	}
	room struct {
		Zones   *refresh.Collection[zone]
		Racks   *refresh.Collection[rack]
		Servers *refresh.Collection[server]
		Tags    *refresh.Collection[rackTag]
	}
)

var roomTables = []storage.Table{
	tableOf("zones", "manager*", "ref*"), tableOf("racks", "manager*", "ref*", "zone_id→zones", "main_id→servers"),
	tableOf("servers", "manager*", "ref*", "rack_id→racks"), tableOf("tags", "manager*", "ref*"),
	{
		Name: "racks_tags", Columns: []storage.Column{{Name: "rack_id", Type: storage.IntType}, {Name: "tag_id", Type: storage.IntType}},
		Unique: [][]string{{"rack_id", "tag_id"}}, References: map[string]string{"rack_id": "racks", "tag_id": "tags"},
	},
}

func declareRoom(b *refresh.Builder) *room {
	return &room{
		refresh.Add[zone](b, "zones", nil), refresh.Add[rack](b, "racks", nil),
		refresh.Add[server](b, "servers", nil), refresh.Add[rackTag](b, "tags", nil),
	}
}

func (r *room) fill() {
	z := r.Zones.Build(zone{"z"})
	a := r.Racks.Build(rack{"a", z, r.Servers.LazyFind("s"), []refresh.Ref[rackTag]{r.Tags.LazyFind("t")}})
	r.Servers.Build(server{"s", a})
	r.Tags.Build(rackTag{"t"})
}

// logged is an inventory that writes down which tables are written.
type logged struct {
	storage.Inventory

	lines []string
}

func (l *logged) Begin(ctx context.Context, f storage.Fence) (storage.InventoryTx, error) {
	tx, err := l.Inventory.Begin(ctx, f)
	return &loggedTx{tx, l}, err
}

type loggedTx struct {
	storage.InventoryTx

	by *logged
}

func (tx *loggedTx) Insert(ctx context.Context, table string, columns []storage.Column, rows iter.Seq[[]storage.Value]) error {
	tx.by.lines = append(tx.by.lines, "insert "+table)
	return tx.InventoryTx.Insert(ctx, table, columns, rows)
}

func (tx *loggedTx) Update(ctx context.Context, table string, columns []storage.Column, changes iter.Seq[storage.RowChange]) ([]storage.Value, error) {
	tx.by.lines = append(tx.by.lines, "update "+table)
	return tx.InventoryTx.Update(ctx, table, columns, changes)
}

func (tx *loggedTx) Delete(ctx context.Context, table string, columns []storage.Column, tuples iter.Seq[[]storage.Value]) (int, error) {
	tx.by.lines = append(tx.by.lines, "delete "+table)
	return tx.InventoryTx.Delete(ctx, table, columns, tuples)
}

// A step is done after the rows of the collections that it names, with all of their references, and before those of
// others.
func TestSteps_atTheirPlaces(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		step refresh.Step
		want []string
	}{
		"after all":  {refresh.Step{}, []string{"insert zones", "insert racks", "insert servers", "update racks", "insert tags", "insert racks_tags", "step"}},
		"before all": {refresh.Step{Before: []string{"zones", "tags"}}, []string{"step", "insert zones", "insert racks", "insert servers", "update racks", "insert tags", "insert racks_tags"}},
		"after one":  {refresh.Step{After: []string{"zones"}}, []string{"insert zones", "insert racks", "insert servers", "update racks", "insert tags", "insert racks_tags", "step"}},
		"between":    {refresh.Step{After: []string{"zones"}, Before: []string{"racks"}}, []string{"insert zones", "step", "insert racks", "insert servers", "update racks", "insert tags", "insert racks_tags"}},
		"linked":     {refresh.Step{After: []string{"servers"}, Before: []string{"tags"}}, []string{"insert zones", "insert racks", "insert servers", "update racks", "step", "insert tags", "insert racks_tags"}},
		"joined":     {refresh.Step{After: []string{"racks"}}, []string{"insert zones", "insert racks", "insert servers", "update racks", "insert tags", "insert racks_tags", "step"}},
	} {
		memory, err := memory.NewInventory(roomTables...)
		target(t, err)
		in := &logged{Inventory: memory}
		of.step.Name = "step"
		of.step.Do = func(context.Context, refresh.Saving) error {
			in.lines = append(in.lines, "step")
			return nil
		}
		p, err := refresh.NewPersister(func(b *refresh.Builder) *room {
			refresh.AddStep(b, of.step)
			return declareRoom(b)
		}, in, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r, err := p.Open(t.Context(), "one", nil)
		target(t, err)
		r.Inventory.fill()
		plan, err := r.Plan(t.Context())
		target(t, err)
		_, err = r.Save(t.Context(), 0)
		target(t, err)
		if !slices.Equal(in.lines, of.want) {
			t.Errorf("%s: the save does\n%v, and has to do\n%v", name, in.lines, of.want)
		}

		var text bytes.Buffer
		if err := plan.WriteJSON(&text); err != nil || strings.Contains(text.String(), "step") {
			t.Errorf("%s: error %v, and the plan knows of steps:\n%s", name, err, text.String())
		}
		again, err := refresh.ReadPlan(&text, 0) // it is applied elsewhere
		target(t, err)
		in.Inventory, err = newRoomInventory()
		target(t, err)
		in.lines = nil
		target(t, p.Apply(t.Context(), again, 0))
		if !slices.Equal(in.lines, of.want) {
			t.Errorf("%s: applied, the plan does\n%v, and has to do\n%v", name, in.lines, of.want)
		}
	}
}

func newRoomInventory() (storage.Inventory, error) { return memory.NewInventory(roomTables...) }

// A step that comes after a collection comes after what its rows point at, and so it cannot come before that.
func TestSteps_beforeLinks(t *testing.T) {
	t.Parallel()
	in, err := newRoomInventory()
	target(t, err)
	for before, words := range map[string]string{
		"servers": `each of "servers" → step "late" → "racks" → "servers" has to come after the next`,
		"tags":    `each of "tags" → step "late" → "racks" → "tags" has to come after the next`,
	} {
		_, err = refresh.NewPersister(func(b *refresh.Builder) *room {
			refresh.AddStep(b, refresh.Step{Name: "late", After: []string{"racks"}, Before: []string{before}, Do: func(context.Context, refresh.Saving) error { return nil }})
			return declareRoom(b)
		}, in, nil)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("the error is %v; it must say %s", err, words)
		}
	}
}

// A step that panics leaves nothing open: the next save goes well.
func TestStep_panics(t *testing.T) {
	t.Parallel()
	var panics bool
	r := newRig(t, func(b *refresh.Builder) *refresh.Collection[Host] {
		refresh.AddStep(b, refresh.Step{Name: "odd", Do: func(context.Context, refresh.Saving) error {
			if panics {
				panic("at the disco")
			}
			return nil
		}})
		return refresh.Add[Host](b, "hosts", nil)
	}, tableOf("hosts", "manager*", "ref*", "name"))
	build := func(c *refresh.Collection[Host]) { c.Build(Host{Ref: "a"}) }
	func() {
		defer func() {
			if recover() == nil {
				t.Error("nobody hears of it")
			}
		}()
		panics = true
		r.once(build)
	}()
	r.holds("hosts")
	panics = false
	r.once(build)
	r.holds("hosts", `ref="a", name=""`)
}
