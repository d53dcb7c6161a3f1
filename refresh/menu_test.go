package refresh_test

import (
	"strings"
	"testing"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage/memory"
)

func TestMenu(t *testing.T) {
	t.Parallel()
	menu := refresh.NewMenu(refresh.Offer[zone]("zones", &refresh.CollectionOptions{Where: map[string]any{"kind": "zone"}}), refresh.Offer[node]("nodes", nil))
	declare := func(kind string) func(*refresh.Builder) *needy {
		return func(b *refresh.Builder) *needy {
			return &needy{
				Zones: refresh.Pick[zone](b, menu, "zones", func(o *refresh.CollectionOptions) {
					if kind != "" {
						o.Where["kind"] = kind
					}
				}),
				Nodes: refresh.Pick[node](b, menu, "nodes", nil),
			}
		}
	}
	for _, kind := range []string{"", "other", ""} { // what one changes is not changed for the next
		r := newRig(t, declare(kind), tableOf("zones", "manager*", "kind*", "ref*"), tableOf("nodes", "manager*", "ref*", "name", "zone_id→zones"))
		r.save(func(in *needy) { in.Nodes.Build(node{"n", "", in.Zones.Build(zone{"z"})}) })
		if kind == "" {
			kind = "zone"
		}
		r.holds("zones", `kind="`+kind+`" ref="z"`)
	}
}

func TestMenu_refuses(t *testing.T) {
	t.Parallel()
	in, err := memory.NewInventory()
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []struct {
		menu  *refresh.Menu
		words string
	}{
		{refresh.NewMenu(), `collection "zones" is not on the menu`},
		{refresh.NewMenu(refresh.Offer[node]("zones", nil)), `collection "zones" of the menu has rows of type refresh_test.node, and it is picked with refresh_test.zone`},
		{refresh.NewMenu(refresh.Offer[zone]("zones", nil), refresh.Offer[zone]("zones", nil)), `the menu has two collections "zones"`},
		{refresh.NewMenu(refresh.Offer[zone]("zones", &refresh.CollectionOptions{After: []string{"nothing"}})), `After names collection "nothing"`},
	} {
		_, err := refresh.NewPersister(func(b *refresh.Builder) struct{} {
			refresh.Pick[zone](b, of.menu, "zones", nil)
			return struct{}{}
		}, in, nil)
		if err == nil || !strings.Contains(err.Error(), of.words) {
			t.Errorf("the error is %v; it must say %s", err, of.words)
		}
	}
}
