package supervision_test

import (
	"testing"

	"github.com/reeve-go/reeve/internal/kindtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

func TestKindsOnMemory(t *testing.T) {
	t.Parallel()
	kindtest.Run(t, func(*testing.T) storage.Store { return memory.New(nil) })
}
