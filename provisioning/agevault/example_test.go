package agevault_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/provisioning/agevault"
)

// must is for examples: what has to succeed.
func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// The key is made once, on another disk than the vault.
func Example() {
	ctx := context.Background()
	dir := must(os.MkdirTemp("", "estate"))
	defer os.RemoveAll(dir) //nolint:errcheck // it is temporary
	keyFile := filepath.Join(dir, "vault.key")
	check(agevault.Generate(keyFile))

	vault := must(agevault.Open(filepath.Join(dir, "vault"), must(agevault.LoadIdentities(keyFile)), nil))
	defer vault.Close() //nolint:errcheck // nothing is open for writing
	key := provisioning.SecretKey{Request: "transfer-7", Resource: "bucket", Generation: 1}
	check(vault.Put(ctx, key, provisioning.Secrets{"password": {Value: []byte("xyzzy")}}))

	secrets, err := vault.Get(ctx, key)
	fmt.Println(secrets, err)
	fmt.Println(string(secrets["password"].Value))
	// Output:
	// map[password:[secret]] <nil>
	// xyzzy
}

// A new key comes before the old one until everything is written anew, and then takes its place.
func ExampleVault_Rewrite() {
	ctx := context.Background()
	dir := must(os.MkdirTemp("", "estate"))
	defer os.RemoveAll(dir) //nolint:errcheck // it is temporary
	oldFile, newFile, folder := filepath.Join(dir, "old.key"), filepath.Join(dir, "new.key"), filepath.Join(dir, "vault")
	check(agevault.Generate(oldFile))
	check(agevault.Generate(newFile))
	oldKey, newKey := must(agevault.LoadIdentities(oldFile)), must(agevault.LoadIdentities(newFile))

	vault := must(agevault.Open(folder, oldKey, nil))
	key := provisioning.SecretKey{Request: "transfer-7", Resource: "bucket", Generation: 1}
	check(vault.Put(ctx, key, provisioning.Secrets{"password": {Value: []byte("xyzzy")}}))
	check(vault.Close())

	vault = must(agevault.Open(folder, append(newKey, oldKey...), nil))
	check(vault.Rewrite(ctx))
	check(vault.Close())

	vault = must(agevault.Open(folder, newKey, nil))
	secrets, err := vault.Get(ctx, key)
	fmt.Println(string(secrets["password"].Value), err)
	check(vault.Close())
	// Output: xyzzy <nil>
}
