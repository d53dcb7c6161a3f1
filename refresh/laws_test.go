package refresh_test

import (
	"testing"

	"github.com/reeve-go/reeve/internal/inventorytest"
)

func TestLaws(t *testing.T) {
	t.Parallel()
	inventorytest.RunLaws(t, inventorytest.InMemory)
}

func TestWrites(t *testing.T) {
	t.Parallel()
	inventorytest.RunWrites(t, inventorytest.InMemory)
}

func TestVanishingDatabase(t *testing.T) {
	t.Parallel()
	inventorytest.RunVanishing(t, inventorytest.InMemory, 1)
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	inventorytest.RunBadInput(t, inventorytest.InMemory)
}

func TestRivals(t *testing.T) {
	t.Parallel()
	inventorytest.RunRivals(t, inventorytest.InMemory, false)
}
