package provisioningtest_test

import (
	"testing"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/provisioning/provisioningtest"
)

// A vault's test is a few lines.
func ExampleTestVault() {
	var t *testing.T // the test's own

	provisioningtest.TestVault(t, func(testing.TB) provisioning.Vault { return new(provisioning.MemoryVault) }, nil)
}
