package fsmtest_test

import (
	"fmt"
	"testing"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/fsm/fsmtest"
)

type (
	LampState string
	LampEvent string
)

const (
	Off    LampState = "off"
	On     LampState = "on"
	Broken LampState = "broken"

	Press LampEvent = "press"
	Drop  LampEvent = "drop"
)

var lamp = fsm.Definition[LampState, LampEvent]{
	Name:    "lamp",
	Initial: Off,
	States: fsm.States[LampState, LampEvent]{
		Off:    {Mode: fsm.Resting},
		On:     {Mode: fsm.Resting},
		Broken: {Mode: fsm.Final},
	},
	Table: fsm.Table[LampState, LampEvent]{
		fsm.Any: {Drop: Broken},
		Off:     {Press: On},
		On:      {Press: Off},
	},
}

// Lamp is the host's: it keeps a state, and obeys the machine as long as nobody writes it otherwise.
type Lamp struct{ state LampState }

func (l *Lamp) State() LampState { return l.state }

func (l *Lamp) Fire(event LampEvent) error {
	switch {
	case l.state == Broken:
		return fmt.Errorf("a broken lamp takes no %s", event)
	case event == Drop:
		l.state = Broken
	case l.state == Off:
		l.state = On
	default:
		l.state = Off
	}
	return nil
}

func newLamp(start LampState) fsmtest.Entity[LampState, LampEvent] { return &Lamp{start} }

func ExampleCheck() {
	var t testing.TB = console{} // a test uses its own t

	machine := fsmtest.Check(t, lamp)
	fmt.Println(machine.Name(), "is sound")
	// Output: lamp is sound
}

func ExampleDrive() {
	var t testing.TB = console{} // a test uses its own t

	fsmtest.Drive(t, fsm.MustCompile(lamp), newLamp)
	fmt.Println("the lamp does as its machine says")
	// Output: the lamp does as its machine says
}

// Cover runs subtests, so it needs a real test:
//
//	--- PASS: TestLamp/broken--refused
//	--- PASS: TestLamp/off--drop
//	--- PASS: TestLamp/off--press
//	…
func ExampleCover() {
	_ = func(t *testing.T) { // func TestLamp(t *testing.T)
		fsmtest.Cover(t, fsm.MustCompile(lamp), newLamp)
	}
}

// The file begins with:
//
//	lamp starts in off
//
//	broken: final
//	  refuses drop, press
func ExampleGolden() {
	var t testing.TB = console{} // a test uses its own t

	fsmtest.Golden(t, fsm.MustCompile(lamp), "testdata/lamp.golden")
	fmt.Println("the table is as it was")
	// Output: the table is as it was
}

// A type with other methods needs two functions to be driven.
func ExampleEntityOf() {
	var t testing.TB = console{} // a test uses its own t

	machine := fsm.MustCompile(lamp)
	fsmtest.Drive(t, machine, func(start LampState) fsmtest.Entity[LampState, LampEvent] {
		row := map[string]LampState{"state": start}
		return fsmtest.EntityOf(
			func() LampState { return row["state"] },
			func(event LampEvent) error {
				next, err := machine.Step(row["state"], event)
				if err == nil {
					row["state"] = next
				}
				return err
			})
	})
	fmt.Println("the row does as its machine says")
	// Output: the row does as its machine says
}

func TestLamp(t *testing.T) {
	t.Parallel()
	fsmtest.Cover(t, fsm.MustCompile(lamp), newLamp)
}
