package inventorytest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
)

type (
	seat[T any] struct {
		Ref  string `reeve:"ref,key"`
		Mark T      `reeve:"mark"`
	}
	guest[T any] struct {
		Ref  string               `reeve:"ref,key"`
		Seat refresh.Ref[seat[T]] `reeve:"seat_id,required"`
	}
	party[T any] struct {
		Seats  *refresh.Collection[seat[T]]
		Guests *refresh.Collection[guest[T]]
	}
	round[T any] struct {
		*testing.T
		in        storage.Inventory
		persister *refresh.Persister[*party[T]]
		marks     [4]T
	}
)

// RunRound lets four marks go round among the rows of table seats: two or three in a ring, or from a row that is deleted last,
// because one of table guests points at it until then. The seats have a unique index on (manager, ref) and one on (mark),
// which may not be null, the guests one on (manager, ref) and a column seat_id. Refused: the column takes nothing but marks,
// and the error says so.
func RunRound[T any](t *testing.T, in storage.Inventory, refused bool, marks [4]T) {
	t.Helper()
	p, err := refresh.NewPersister(func(b *refresh.Builder) *party[T] {
		return &party[T]{refresh.Add[seat[T]](b, "seats", nil), refresh.Add[guest[T]](b, "guests", nil)}
	}, in, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
	if err != nil {
		t.Fatal(err)
	}
	r := round[T]{t, in, p, marks}
	r.save(false, r.seated(0, 1, 2))
	r.save(refused, r.seated(1, 0, 2))
	r.save(refused, r.seated(1, 2, 0))
	r.save(refused, r.seated(3, 0, 1))
	r.save(refused, r.seated(2, 3, 1, 0))
	r.save(false, r.with("before"))
	r.save(refused, r.with("after"))
}

func (r *round[T]) seated(order ...int) func(in *party[T]) {
	return func(in *party[T]) {
		for i, at := range order {
			in.Seats.Build(seat[T]{fmt.Sprint(i), r.marks[at]})
		}
		in.Guests.Complete()
	}
}

// with is a seat with a guest, who has been at another one.
func (r *round[T]) with(ref string) func(in *party[T]) {
	return func(in *party[T]) {
		in.Guests.Build(guest[T]{"guest", in.Seats.Build(seat[T]{ref, r.marks[0]})})
	}
}

func (r *round[T]) save(refused bool, parse func(in *party[T])) {
	r.Helper()
	before := r.dump()
	open, err := r.persister.Open(r.Context(), "one", nil)
	if err != nil {
		r.Fatal(err)
	}
	parse(open.Inventory)
	if _, err = open.Save(r.Context(), 0); !refused {
		if err != nil {
			r.Fatal(err)
		}
		return
	}
	if !errors.Is(err, storage.ErrInvalid) {
		r.Fatalf("the error is %v; want storage.ErrInvalid", err)
	}
	for _, words := range []string{`table "seats"`, `for a moment in ["mark"`, "which may not be null", "take over from each other"} {
		if !strings.Contains(err.Error(), words) {
			r.Errorf("the error does not say %s: %v", words, err)
		}
	}
	if after := r.dump(); after != before {
		r.Errorf("a save failed, and the rows are %s; they were %s", after, before)
	}
}

func (r *round[T]) dump() string {
	r.Helper()
	all, err := refreshtest.Dump(r.Context(), r.in, []string{"seats", "guests"}, nil)
	if err != nil {
		r.Fatal(err)
	}
	return fmt.Sprint(all)
}
