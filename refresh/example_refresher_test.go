package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// Blade is a row of the inventory.
type Blade struct {
	Ref   string `reeve:"ref,key"`
	State string `reeve:"state"`
}

// Rack is an outside that has blades, by their names.
type Rack struct {
	mu     sync.Mutex
	blades map[string]string
}

// Full and Targeted make a Rack a Collector: what parsers read are the blades.
func (r *Rack) Full(context.Context, string) (map[string]string, error) {
	return r.read(func(string) bool { return true }), nil
}

func (r *Rack) Targeted(_ context.Context, _ string, t *refresh.Targets) (map[string]string, error) {
	inv, err := racks.Inventory()
	if err != nil {
		return nil, err
	}
	wanted, err := inv.Targets(t)
	return r.read(func(name string) bool {
		for _, s := range wanted {
			if s.Ref == name {
				return true
			}
		}
		return false
	}), err
}

func (r *Rack) read(wanted func(name string) bool) map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]string{}
	for name, state := range r.blades {
		if wanted(name) {
			out[name] = state
		}
	}
	return out
}

var racks *refresh.Persister[*refresh.Collection[Blade]]

// A refresher keeps the inventory of each manager: a full refresh when it is added, and then what is asked for.
func ExampleRefresher() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tables, err1 := memory.NewInventory(storage.Table{
		Name: "blades", ID: "id", Unique: [][]string{{"manager", "ref"}},
		Columns: []storage.Column{
			{Name: "id", Type: storage.IntType},
			{Name: "manager", Type: storage.TextType},
			{Name: "ref", Type: storage.TextType},
			{Name: "state", Type: storage.TextType},
		},
	})
	declare := func(b *refresh.Builder) *refresh.Collection[Blade] { return refresh.Add[Blade](b, "blades", nil) }
	var err2 error
	racks, err2 = refresh.NewPersister(declare, tables, nil)

	rack := &Rack{blades: map[string]string{"b1": "on", "b2": "on"}}
	parse := func(_ context.Context, blades map[string]string, inv *refresh.Collection[Blade]) error {
		for name, state := range blades {
			inv.Build(Blade{Ref: name, State: state})
		}
		return nil
	}
	parsers := []refresh.Parser[map[string]string, *refresh.Collection[Blade]]{{Name: "blades", Parse: parse}}
	refresher, err3 := refresh.NewRefresher(memory.New(nil), rack, racks, parsers, &refresh.RefresherOptions{Delay: -1})
	sup, err4 := supervision.New(&supervision.Options{Logger: slog.New(slog.DiscardHandler)})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		fmt.Println(err)
		return
	}
	refresher.Supervise(sup)
	done := make(chan error)
	go func() { done <- sup.Run(ctx) }()

	err := refresher.Add(ctx, "rack 7")
	first, err5 := refresher.Await(ctx, "rack 7")
	fmt.Printf("%+d blades\n", first.Full.Outcome("blades").Inserts)

	rack.mu.Lock()
	rack.blades["b2"] = "off"
	rack.mu.Unlock()
	var t refresh.Targets
	inv, err6 := racks.Inventory()
	err7 := inv.Target(&t, Blade{Ref: "b2"})
	err8 := refresher.Request(ctx, "rack 7", &t)
	second, err9 := refresher.Await(ctx, "rack 7")
	of := second.Targeted.Outcome("blades")
	fmt.Printf("%d updated, %d unchanged\n", of.Updates, of.Unchanged)

	cancel()
	fmt.Println(errors.Join(err, err5, err6, err7, err8, err9, <-done))
	// Output:
	// +2 blades
	// 1 updated, 0 unchanged
	// <nil>
}
