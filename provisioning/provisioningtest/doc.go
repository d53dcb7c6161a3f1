// Package provisioningtest has what a host checks its own provisioners and vaults with, and an outside in
// which everything goes wrong.
//
// # Provisioners
//
// A [provisioning.Manager] can lose nothing as long as its provisioners keep the laws of their interface.
// One call finds out:
//
//	func TestFolders(t *testing.T) {
//		provisioningtest.TestProvisioner(t, provisioningtest.Harness{
//			New: func(t testing.TB) provisioningtest.Subject {
//				root := t.TempDir()
//				return provisioningtest.Subject{
//					Provisioner: NewFolders(root),
//					Open:        func() provisioning.Provisioner { return NewFolders(root) },
//					Count:       func(_ context.Context, key string) (int, error) { return count(root, key) },
//				}
//			},
//		})
//	}
//
// Only the Harness's New and the Subject's Provisioner are needed. What is left out is not tested:
// without Count it is a [provisioning.Finder] alone that sees what is there, and without that only the
// answers are looked at.
//
// Each law is a test whose name says it:
//
//   - ensure: one key is one resource, whoever asks for it how often, at once, after a call that was
//     canceled at any moment, or in another program; another key, or generation, is another resource. Who
//     asks again is told all again, also handle, attributes and secrets: nobody may have heard the first
//     answer. What is somebody else's is a conflict, and stays.
//   - release: afterwards nothing is there, nor comes later, whatever Ensure was doing.
//     It goes by the key alone, and twice is no error.
//   - find, poll, plan, renew: they say what is so, say it again, and change nothing.
//   - cancel: each call returns soon when its context ends.
//
// Every answer is looked at besides: that it is within its limits, that Retry is only said where nothing
// was done, that what is in progress comes to an end and that somebody hears of it, and that no secret is
// where others can see it. In the end random calls mix all of these; rapid makes a failure as short as it
// can be.
//
// The kit calls again after errors that allow it, and polls, as a manager does, but without waiting for
// as long. It never releases what it leaves behind; New's t.Cleanup does.
//
// # Outsides
//
// A [World] is an outside in memory: a provisioner that refuses, works for a while, does what it says it
// did not, or does it later. With choices from a seed, from rapid or from a supervisiontest.Sim it drives
// what a host builds on a manager, and [World.Err] says what was wrong with the calls.
//
// # Vaults
//
// [TestVault] does for a [provisioning.Vault] what TestProvisioner does for a provisioner.
//
// # Whether they tell
//
// The package's own tests run both on mutants, each of which breaks one thing: an Ensure that looks first
// and then makes, a Release that goes by the handle, a Poll that forgets. Each is told by the law that is
// named for it.
package provisioningtest
