package cyclonedx_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/packages"
	"github.com/reeve-go/reeve/scan/packages/cyclonedx"
	"github.com/reeve-go/reeve/scan/scantest"
)

// A bill of materials of a folder.
func ExampleDocument() {
	ctx := context.Background()
	blobs := &scantest.MemoryBlobs{}
	inspector, err := scan.NewInspector(blobs, packages.All(nil), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	image := fstest.MapFS{"node_modules/@scope/name/package.json": {Data: []byte(`{"name": "@scope/name", "version": "1.3.0"}`)}}
	results, err := inspector.Inspect(ctx, image, scan.Inspection{Target: "image", Categories: []scan.Category{{Name: packages.CategoryNPM}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	bom, err := cyclonedx.Document(ctx, blobs, results, cyclonedx.Options{Target: "image"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range *bom.Components {
		fmt.Println(c.PackageURL)
	}
	fmt.Println((*bom.Compositions)[0].Aggregate)
	// Output:
	// pkg:npm/%40scope/name@1.3.0
	// complete
}
