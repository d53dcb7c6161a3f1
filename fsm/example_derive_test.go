package fsm_test

import (
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
)

type (
	parcelState string
	parcelEvent string
)

var parcel = fsm.Definition[parcelState, parcelEvent]{
	Name:    "parcel",
	Initial: "packing",
	States: fsm.States[parcelState, parcelEvent]{
		"packing":   {Mode: fsm.Active, After: time.Hour, Then: "give_up"},
		"shipping":  {Mode: fsm.Waiting, After: 48 * time.Hour, Then: "give_up"},
		"delivered": {Mode: fsm.Final},
		"canceled":  {Mode: fsm.Final},
	},
	Table: fsm.Table[parcelState, parcelEvent]{
		"packing":  {"pack": "shipping"},
		"shipping": {"deliver": "delivered"},
		fsm.Any:    {"give_up": "canceled"},
	},
}

// A variant says what is different; everything else is as in its base.
func ExampleDefinition_Derive() {
	pickup, err := parcel.Derive("pickup", func(e *fsm.Edit[parcelState, parcelEvent]) {
		e.AddState("ready", fsm.State[parcelState, parcelEvent]{Mode: fsm.Resting})
		e.SetRow("packing", "pack", "ready")
		e.AddRow("ready", "hand_over", "delivered")
		e.RemoveEvent("deliver")
		e.RemoveState("shipping")
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	machine, err := fsm.Compile(pickup)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(machine.Path("packing", "delivered"))
	// Output: [pack hand_over] true
}

// An edit that does not apply is an error: here the base has changed since the variant was written.
func ExampleDefinition_Derive_refused() {
	_, err := parcel.Derive("pickup", func(e *fsm.Edit[parcelState, parcelEvent]) {
		e.AddRow("packing", "pack", "ready")
		e.RemoveEvent("hand_over")
	})
	fmt.Println(err)
	// Output:
	// fsm: definition "pickup" cannot be derived from "parcel":
	// 	AddRow("packing", "pack", "ready"): the row exists and leads to "shipping"; change it with SetRow
	// 	RemoveEvent("hand_over"): there is no such event; remove the edit
}

// Diff shows what a variant means, and Compile whether it is sound.
func ExampleDiff() {
	fragile, err := parcel.Derive("fragile", func(e *fsm.Edit[parcelState, parcelEvent]) {
		e.SetTimeout("packing", 3*time.Hour, "give_up")
		e.AddState("damaged", fsm.State[parcelState, parcelEvent]{Mode: fsm.Waiting})
		e.AddRow("shipping", "report_damage", "damaged")
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, change := range fsm.Diff(parcel, fragile) {
		fmt.Println(change)
	}
	_, err = fsm.Compile(fragile)
	fmt.Println(err)
	// Output:
	// state added: damaged: waiting
	// limit changed: packing: 3h0m0s then give_up (was 1h0m0s then give_up)
	// row added: shipping --report_damage--> damaged
	// fsm: definition "fragile" is not sound
	// 	no-timeout: state "damaged" is waiting and has no limit, so an entity could stay there for ever; set After and Then
}
