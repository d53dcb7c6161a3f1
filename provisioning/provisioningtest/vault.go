package provisioningtest

import (
	"testing"

	"github.com/reeve-go/reeve/provisioning"
)

// VaultOptions say what else a vault can. Nil is the same as the zero value.
type VaultOptions struct {
	// Reopen opens once more the place that v keeps its secrets in, as another process would, while v stays open. Nil: that
	// is not tested.
	Reopen func(t testing.TB, v provisioning.Vault) provisioning.Vault
}

// TestVault says whether a [provisioning.Vault] keeps its contract: each law is a subtest of its own, which says what must be
// and what is. Random operations follow, that are compared with a map; -rapid.checks says how many.
//
// Open makes an empty vault at each call, and cleans up with t.Cleanup. It is called by several tests at a time.
//
//nolint:tparallel // whether it is parallel to others is its caller's to say
func TestVault(t *testing.T, open func(t testing.TB) provisioning.Vault, o *VaultOptions) {
	t.Helper()
	if open == nil {
		t.Fatal("provisioningtest: TestVault has no function that opens a vault")
	}
	k := vaultKit{open: open}
	if o != nil {
		k.reopen = o.Reopen
	}
	for _, l := range vaultLaws() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			l.check(k.scene(t))
		})
	}
}

// A vaultLaw is one thing that every vault does.
type vaultLaw struct {
	name  string
	check func(*vaultScene)
}

func vaultLaws() []vaultLaw {
	return []vaultLaw{
		{"a new vault is empty", vaultEmpty},
		{"what is put is there", vaultPut},
		{"putting replaces all that was there", vaultReplaces},
		{"deleting removes, and twice is no error", vaultDeletes},
		{"secrets of one key are no other's", vaultApart},
		{"all keys are listed, and no others", vaultLists},
		{"a listing can be left, and what it lists deleted", vaultListsAndDeletes},
		{"every key that a resource can have is kept", vaultKeys},
		{"a key is kept as it is or refused", vaultOddKeys},
		{"every name of a secret is kept", vaultNames},
		{"no secrets are kept, too", vaultKeepsNone},
		{"values are any bytes", vaultValues},
		{"the largest answer is kept", vaultLargest},
		{"a secret expires when it did", vaultExpires},
		{"what is given is copied", vaultCopiesIn},
		{"what is returned is a copy", vaultCopiesOut},
		{"errors show no secrets", vaultErrors},
		{"contenders see whole secrets, and lose none", vaultContenders},
		{"what was kept is there when it is opened again", vaultReopens},
		{"who has it open sees what others do", vaultShares},
		{"random operations do what a map does", vaultRandom},
	}
}
