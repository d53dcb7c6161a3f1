package provisioning_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A Shelf provisions boxes: who asks for one gets a place, by key.
type Shelf struct {
	mu     sync.Mutex
	places map[string]string
}

func (s *Shelf) Ensure(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	var box struct{ Size int }
	if err := c.Into(&box); err != nil {
		return provisioning.Answer{}, err
	}
	if box.Size > 9 {
		return provisioning.Answer{}, provisioning.Fatal(fmt.Errorf("no box of size %d fits", box.Size))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.places[c.Key] == "" {
		s.places[c.Key] = fmt.Sprintf("place for %s", c.Resource)
	}
	return provisioning.Answer{Handle: s.places[c.Key]}, nil
}

func (s *Shelf) Release(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.places, c.Key)
	return provisioning.Answer{}, nil
}

func Example() {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	manager, err := provisioning.NewManager(memory.New(nil), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	shelf := &Shelf{places: map[string]string{}}
	manager.Register("box", shelf, nil)
	sup, err := supervision.New(nil)
	if err == nil {
		err = manager.Supervise(sup)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan error, 1)
	go func() { ended <- sup.Run(ctx) }()

	err = manager.CreateRequest(ctx, "r-1",
		provisioning.Spec{ID: "lid", Type: "box", Config: map[string]int{"Size": 1}, After: []string{"body"}},
		provisioning.Spec{ID: "body", Type: "box", Config: map[string]int{"Size": 5}})
	if err != nil {
		fmt.Println(err)
	}
	r, err := manager.Await(ctx, "r-1", provisioning.Provisioned)
	fmt.Println(r.State, err)
	for el, err := range manager.Resources(ctx, "r-1") {
		fmt.Printf("%s: %s, %s, %v\n", el.Name, el.State, el.Data.Handle, err)
	}

	if err := manager.TerminateRequest(ctx, "r-1", "the move is over"); err != nil {
		fmt.Println(err)
	}
	r, err = manager.Await(ctx, "r-1", provisioning.Deprovisioned)
	fmt.Printf("%s, %v: %s; %d places are taken\n", r.State, err, r.Data.Reason, len(shelf.places))
	stop()
	fmt.Println(<-ended)
	// Output:
	// provisioned <nil>
	// body: present, place for body, <nil>
	// lid: present, place for lid, <nil>
	// deprovisioned, <nil>: the move is over; 0 places are taken
	// <nil>
}

// What would be done for a request, before it is made.
func ExampleManager_Preview() {
	manager, err := provisioning.NewManager(memory.New(nil), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	manager.Register("box", &Shelf{}, nil)
	steps, err := manager.Preview(context.Background(),
		provisioning.Spec{ID: "body", Type: "box"},
		provisioning.Spec{ID: "lid", Type: "box", After: []string{"body"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range steps {
		fmt.Println(s)
	}
	// A mistake is told before anything is asked for.
	_, err = manager.Preview(context.Background(), provisioning.Spec{ID: "body", Type: "crate"})
	fmt.Println(err)
	// Output:
	// body (box, planned): ensure: it is wanted
	// lid (box, planned): wait: it comes after "body", which is not there yet
	// provisioning: invalid: resource "body" is of type "crate", for which no provisioner is registered; those are: box
}
