package supervision_test

import (
	"fmt"
	"time"

	"github.com/reeve-go/reeve/supervision"
)

// Records with different ids come at different times, each always at its own.
func ExampleEvery() {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for _, id := range []string{"home", "work"} {
		s := supervision.Every(time.Hour, id)
		first := s.Next(now)
		fmt.Println(id, first.Format(time.TimeOnly), s.Next(first).Sub(first))
	}
	// Output:
	// home 12:24:38 1h0m0s
	// work 12:29:45 1h0m0s
}
