// Package agevault is a [provisioning.Vault] of encrypted files: one file an entry, by [age], in a folder of its own. It
// needs no server, and several programs can have it open.
//
//	err := agevault.Generate("/etc/estate/vault.key") // once
//	identities, err := agevault.LoadIdentities("/etc/estate/vault.key")
//	vault, err := agevault.Open("/var/lib/estate/vault", identities, nil)
//
// What a call that has returned nil did survives a crash and a power failure, and what is in a file is
// always either the old or the new. It works on Linux, macOS and the BSDs, on file systems that can lock files.
//
// # New keys
//
// Open the vault with the new identity before the old ones, call [Vault.Rewrite], and leave out the old ones from then on.
// Where several programs have it open, all of them need the new identity, behind the old ones, before any has it in
// front; and all of them need it in front, since that is who they write for, before Rewrite is called.
//
// # What it is good for
//
// Who gets the folder, a disk or a backup of it without an identity, learns how many entries there are, how large
// they are to a kilobyte, and when they were written. Whether there is one of a request and a resource
// whose ids are known can be tried, because files are named by a hash of them. Values and names of secrets are not to be had. With a
// post-quantum identity, which [Generate] makes, that holds for who waits for a quantum computer, too.
//
// It is not good for more. Who can read the identities, or the memory of a program that has it open, has everything: keep
// them on another disk than the folder, and out of its backups. Who can write to the folder can remove entries and
// bring old ones back; knowing the recipients, which are no secret to age, also make up new ones. What is damaged or stands under another's name
// is an error, and so are files that no identity opens. And what is deleted or written anew is no longer in the folder, but a disk, a
// snapshot or a backup may have it still.
//
// [age]: https://age-encryption.org
package agevault
