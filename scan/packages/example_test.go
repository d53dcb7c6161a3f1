package packages_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing/fstest"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/packages"
	"github.com/reeve-go/reeve/scan/scantest"
)

// What npm and pip have installed in a folder.
func ExampleAll() {
	ctx := context.Background()
	blobs := &scantest.MemoryBlobs{}
	inspector, err := scan.NewInspector(blobs, packages.All(nil), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	image := fstest.MapFS{
		"srv/node_modules/left-pad/package.json":    {Data: []byte(`{"name": "left-pad", "version": "1.3.0", "license": "WTFPL"}`)},
		"usr/lib/python3/x-1.0.dist-info/METADATA":  {Data: []byte("Name: x\nVersion: 1.0\n")},
		"usr/lib/python3/y-1.0.dist-info/METADATA":  {Data: []byte("Name: y\n")},
		"usr/lib/python3/y-1.0.dist-info/INSTALLER": {Data: []byte("pip\n")},
	}
	results, err := inspector.Inspect(ctx, image, scan.Inspection{
		Target:     "image",
		Categories: []scan.Category{{Name: packages.CategoryRPM}, {Name: packages.CategoryNPM}, {Name: packages.CategoryPython}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range results {
		fmt.Println(r.Category, r.Outcome)
		for _, p := range r.Problems {
			fmt.Println(" ", p.Path, p.Text)
		}
		for item, err := range scan.Items(ctx, blobs, r) {
			var p packages.Package
			if err == nil {
				err = json.Unmarshal(item.Value, &p)
			}
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println(" ", item.Key, p.Name, p.Version, p.License)
		}
	}
	// Output:
	// rpm empty
	// npm ok
	//   npm/srv/node_modules/left-pad left-pad 1.3.0 WTFPL
	// python partial
	//   usr/lib/python3/y-1.0.dist-info/METADATA does not name a package and its version
	//   python/usr/lib/python3/x-1.0.dist-info x 1.0
}
