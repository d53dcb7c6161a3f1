package refresh_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/refresh"
)

// A connection that breaks in the middle of a list: what came is saved, and nothing is deleted.
func ExampleEach() {
	p, err := newRegion()
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	if _, err := refreshRegion(p, map[string]string{"i-1": "web", "i-2": "db"}, nil); err != nil {
		fmt.Println(err)
		return
	}
	list := func(yield func(Server, error) bool) {
		_ = yield(Server{"i-2", "database"}, nil) && yield(Server{}, errors.New("connection reset"))
	}

	r, err := p.Open(ctx, "cloud-1", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = r.Close() }()
	inv := r.Inventory
	err = refresh.Each(ctx, list, func(m Server) error {
		inv.Servers.Build(m)
		return nil
	}, inv.Servers)
	fmt.Println(err)
	plan, err := r.Save(ctx, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = plan.Close() }()
	fmt.Printf("%s, because of: %s\n", plan.Collections[0], plan.Collections[0].Incomplete)
	// Output:
	// connection reset
	// 1 updated, 1 kept, because of: connection reset
}
