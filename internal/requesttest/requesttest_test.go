package requesttest_test

import (
	"context"
	"testing"

	"github.com/reeve-go/reeve/internal/requesttest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

func inMemory(context.Context) storage.Store { return memory.New(nil) }

func TestSimulate(t *testing.T) {
	t.Parallel()
	requesttest.Simulate(t, inMemory)
}

// Goroutines instead of one step after another: it is for the race detector.
func TestRace(t *testing.T) {
	t.Parallel()
	requesttest.Race(t, inMemory)
}
