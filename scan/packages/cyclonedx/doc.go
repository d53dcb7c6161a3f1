// Package cyclonedx makes a document of CycloneDX, a bill of materials, of what scans have found in a target: the software that the packages inspect and packages of
// this library tell of.
//
//	bom, err := cyclonedx.Document(ctx, blobs, results, cyclonedx.Options{Target: "web-1"})
//	err = cdx.NewBOMEncoder(w, cdx.BOMFileFormatJSON).EncodeVersion(bom, cdx.SpecVersion1_6)
//
// The same results make the same document: its time is that of the results, its serial number comes from what they found.
package cyclonedx
