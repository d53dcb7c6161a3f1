package presets_test

import (
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/scan/presets"
)

// What is wrong with a job for Amazon shows before one is ever run.
func ExampleAmazonAsItIs() {
	_, err := fsm.Compile(presets.AmazonAsItIs())
	if refused, ok := errors.AsType[*fsm.DefinitionError](err); ok {
		for _, i := range refused.Issues {
			fmt.Println(i)
		}
	}
	_, err = fsm.Compile(presets.Amazon())
	fmt.Println("repaired:", err)
	// Output:
	// final-exit: event "abort_job" leads from "finished" to "aborting", but "finished" is final; remove the row or make the state resting
	// final-exit: event "cancel" leads from "finished" to "canceling", but "finished" is final; remove the row or make the state resting
	// final-exit: event "data" leads from "finished" to "finished", but "finished" is final; remove the row or make the state resting
	// no-timeout: state "waiting_to_start" is waiting and has no limit, so an entity could stay there for ever; set After and Then
	// trap: no path leads from "aborting" to a resting or final state, so what enters it never comes to rest; add a row
	// trap: no path leads from "after_scan" to a resting or final state, so what enters it never comes to rest; add a row
	// trap: no path leads from "canceling" to a resting or final state, so what enters it never comes to rest; add a row
	// trap: no path leads from "synchronizing" to a resting or final state, so what enters it never comes to rest; add a row
	// repaired: <nil>
}
