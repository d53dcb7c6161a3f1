package provisioning_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/provisioning"
)

// Whatever prints secrets shows that there are some, and who wants one takes its Value.
func ExampleMemoryVault() {
	ctx := context.Background()
	var vault provisioning.MemoryVault
	key := provisioning.SecretKey{Request: "transfer-7", Resource: "bucket", Generation: 1}

	err := vault.Put(ctx, key, provisioning.Secrets{"password": {Value: []byte("xyzzy")}})
	fmt.Println(err)

	secrets, err := vault.Get(ctx, key)
	fmt.Println(secrets, err)
	fmt.Println(string(secrets["password"].Value))

	err = vault.Delete(ctx, key)
	fmt.Println(err)
	_, err = vault.Get(ctx, key)
	fmt.Println(errors.Is(err, provisioning.ErrNoSecret), err)
	// Output:
	// <nil>
	// map[password:[secret]] <nil>
	// xyzzy
	// <nil>
	// true provisioning: no such secret: nothing is kept for "transfer-7"/"bucket"/1
}
