package inspect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing/fstest"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/scantest"
)

// The key of an item tells which type its value has.
func ExampleAccounts() {
	ctx := context.Background()
	blobs := &scantest.MemoryBlobs{}
	inspector, err := scan.NewInspector(blobs, inspect.All(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	image := fstest.MapFS{
		"etc/passwd": {Data: []byte("root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000:Ann:/home/ann:/bin/sh\n")},
		"etc/shadow": {Data: []byte("root:*:20000:0:99999:7:::\nann:$y$j9T$abc:20000:0:99999:7:::\n")},
		"etc/group":  {Data: []byte("root:x:0:\nstaff:x:50:ann\n")},
	}
	results, err := inspector.Inspect(ctx, image, scan.Inspection{Target: "image", Categories: []scan.Category{{Name: "accounts"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for item, err := range scan.Items(ctx, blobs, results[0]) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if !strings.HasPrefix(item.Key, "user/") {
			continue
		}
		var user inspect.User
		if err := json.Unmarshal(item.Value, &user); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(user.Name, user.UID, user.Home, "password:", user.Password, "groups:", user.Groups)
	}
	// Output:
	// ann 1000 /home/ann password: set groups: [staff]
	// root 0 /root password: disabled groups: []
}
