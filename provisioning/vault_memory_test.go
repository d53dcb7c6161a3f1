package provisioning_test

import (
	"testing"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/provisioning/provisioningtest"
)

func TestMemoryVault(t *testing.T) {
	t.Parallel()
	provisioningtest.TestVault(t, func(testing.TB) provisioning.Vault { return new(provisioning.MemoryVault) }, nil)
}
