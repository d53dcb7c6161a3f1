package supervision_test

import (
	"context"
	"fmt"

	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A turn has the elements at hand that its messages name; the counts of all others cost no reading.
func ExampleElements() {
	ctx := context.Background()
	shops, err := supervision.NewKind("shop", updown("shop"), memory.New(nil), &supervision.KindOptions[Shop, State, Event]{Elements: shopParts})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = shops.Create(ctx, "s1", Shop{}, supervision.SetUp(func(t supervision.Outbound) error {
		for i := range 10_000 {
			shopParts.Add(t, fmt.Sprintf("part-%04d", i), i/1000, Part{})
		}
		return nil
	}))
	if err != nil {
		fmt.Println(err)
	}
	err = shops.Change(ctx, "s1", func(t *ShopTurn) error {
		el, ok := shopParts.Get(t, "part-4711")
		if !ok {
			return nil
		}
		el.Data.Image = "web:12"
		if err := shopParts.Fire(t, el, Start); err != nil {
			return err
		}
		fmt.Println(el.Name, "of group", el.Group, "is", el.State, "for", el.Until.Sub(el.Since))
		fmt.Println(shopParts.Count(t, Down), "of", shopParts.Count(t), "are down")
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	for line, err := range shops.History(ctx, "s1") {
		if line.Element == "part-4711" {
			fmt.Println(line.Version, line.From, line.Event, line.To, err)
		}
	}
	// Output:
	// part-4711 of group 4 is starting for 1m0s
	// 9999 of 10000 are down
	// 1   down <nil>
	// 2 down start starting <nil>
}

// Outside a turn elements are there to be looked at.
func ExampleElements_List() {
	ctx := context.Background()
	shops, err := supervision.NewKind("shop", updown("shop"), memory.New(nil), &supervision.KindOptions[Shop, State, Event]{Elements: shopParts})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = shops.Create(ctx, "s1", Shop{}, supervision.SetUp(func(t supervision.Outbound) error {
		shopParts.Add(t, "web", 2, Part{Image: "web:12"})
		shopParts.Add(t, "db", 1, Part{Image: "db:3"})
		return nil
	}))
	if err != nil {
		fmt.Println(err)
	}
	for el, err := range shopParts.List(ctx, shops, "s1") {
		fmt.Println(el.Name, el.State, el.Group, el.Data.Image, err)
	}
	// Output:
	// db down 1 db:3 <nil>
	// web down 2 web:12 <nil>
}
