package fsm_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/fsm"
)

type (
	orderState string
	orderEvent string
)

const (
	cart      orderState = "cart"
	paid      orderState = "paid"
	shipped   orderState = "shipped"
	cancelled orderState = "cancelled"

	pay    orderEvent = "pay"
	ship   orderEvent = "ship"
	cancel orderEvent = "cancel"
)

type order struct {
	Items, Price, Account int
}

type orderStep = fsm.Step[order, orderState, orderEvent]

var orders = fsm.MustCompile(fsm.Definition[orderState, orderEvent]{
	Name:    "order",
	Initial: cart,
	States: fsm.States[orderState, orderEvent]{
		cart: {Mode: fsm.Resting}, paid: {Mode: fsm.Resting},
		shipped: {Mode: fsm.Final}, cancelled: {Mode: fsm.Final},
	},
	Table: fsm.Table[orderState, orderEvent]{
		cart:    {pay: paid},
		paid:    {ship: shipped},
		fsm.Any: {cancel: cancelled},
	},
})

func hasItems(_ context.Context, step *orderStep) error {
	if step.Subject.Items == 0 {
		return errors.New("the cart is empty")
	}
	return nil
}

func charge(_ context.Context, step *orderStep) error {
	step.Subject.Account -= step.Subject.Price
	if step.Subject.Account < 0 {
		return fmt.Errorf("%d are missing", -step.Subject.Account)
	}
	return nil
}

func refund(_ context.Context, step *orderStep) error {
	step.Subject.Account += step.Subject.Price
	return nil
}

// Guards and actions stand around the rows of a machine. The host keeps state and subject.
func ExampleRunner() {
	runner, err := fsm.NewRunner(orders, func(b *fsm.Behavior[order, orderState, orderEvent]) {
		b.Guard(cart, pay, "has items", hasItems)
		b.Move(cart, pay, "charge", charge)
		b.Move(paid, cancel, "refund", refund)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()

	state, subject := runner.Machine().Initial(), order{Items: 1, Price: 30, Account: 50}
	for _, event := range []orderEvent{pay, cancel, pay} {
		state, err = runner.Fire(ctx, state, &subject, event)
		fmt.Printf("%s: %s %+v\n", event, state, subject)
		if err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// pay: paid {Items:1 Price:30 Account:20}
	// cancel: cancelled {Items:1 Price:30 Account:50}
	// pay: cancelled {Items:1 Price:30 Account:50}
	// fsm: machine "order": event "pay" is not permitted in state "cancelled"; permitted: nothing (the state is final)
}

// After a failed action state and subject are as they were. A guard that refuses is told from an
// action that fails.
func ExampleActionError() {
	runner, err := fsm.NewRunner(orders, func(b *fsm.Behavior[order, orderState, orderEvent]) {
		b.Guard(cart, pay, "has items", hasItems)
		b.Move(cart, pay, "charge", charge)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, subject := range []order{{Items: 0}, {Items: 1, Price: 30, Account: 10}} {
		state, err := runner.Fire(context.Background(), cart, &subject, pay)
		fmt.Println(err)
		fmt.Printf("refused: %t, still %s %+v\n", errors.Is(err, fsm.ErrGuard), state, subject)
	}
	// Output:
	// fsm: machine "order": guard "has items" refuses event "pay" in state "cart": the cart is empty
	// refused: true, still cart {Items:0 Price:0 Account:0}
	// fsm: machine "order": move action "charge" of event "pay" in state "cart": 20 are missing
	// refused: false, still cart {Items:1 Price:30 Account:10}
}

// Permitted says what may be offered for one subject: the guards are asked.
func ExampleRunner_Permitted() {
	runner, err := fsm.NewRunner(orders, func(b *fsm.Behavior[order, orderState, orderEvent]) {
		b.Guard(cart, pay, "has items", hasItems)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, subject := range []order{{Items: 0}, {Items: 1}} {
		events, err := runner.Permitted(context.Background(), cart, &subject)
		fmt.Println(events, err)
	}
	// Output:
	// [cancel] <nil>
	// [cancel pay] <nil>
}

// An action fires a further event, which belongs to the same Fire.
func ExampleStep_Fire() {
	runner, err := fsm.NewRunner(orders, func(b *fsm.Behavior[order, orderState, orderEvent]) {
		b.Entry(paid, "ship gifts at once", func(_ context.Context, step *orderStep) error {
			if step.Subject.Price == 0 {
				step.Fire(ship)
			}
			return nil
		})
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(runner.Fire(context.Background(), cart, &order{Items: 1}, pay))
	// Output: shipped <nil>
}

// A mistake in the behaviour is found before anything runs, and all of them at once.
func ExampleNewRunner() {
	type basket struct{ Items []string }
	_, err := fsm.NewRunner(orders, func(b *fsm.Behavior[basket, orderState, orderEvent]) {
		b.Guard(shipped, pay, "has items", func(_ context.Context, step *fsm.Step[basket, orderState, orderEvent]) error {
			return nil
		})
		b.Entry("packed", "ship", nil)
	})
	fmt.Println(err)
	// Output:
	// fsm: the behaviour of machine "order" is not sound
	// 	guard "has items" of event "pay" in state "shipped": there is no such row; the event has these sources: "cart"
	// 	entry action "ship" of state "packed": the state is not declared; declare it in States or correct the name
	// 	entry action "ship" of state "packed": its function is nil; give one
	// 	fsm_test.basket.Items is a reference ([]string), which a copy of the subject would share; give a Clone that copies what it leads to, or returns the subject as it is if nobody changes that
}
