package refreshtest_test

import (
	"testing"

	"github.com/reeve-go/reeve/internal/inventorytest"
	"github.com/reeve-go/reeve/refresh/refreshtest"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	refreshtest.Check(t, inventorytest.EstateHarness())
}
