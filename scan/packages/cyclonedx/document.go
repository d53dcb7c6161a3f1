package cyclonedx

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/packages"
)

// Options say what a document is of.
type Options struct {
	// Target names it, and Type says what it is; empty: [cdx.ComponentTypePlatform].
	Target string
	Type   cdx.ComponentType
	// Most is how many components the document may have, modules of programs included: all of it is in memory. Zero: 200,000.
	Most int
}

const usualMost = 200_000

// ErrTooMany: there is more software than the document may have components.
var ErrTooMany = errors.New("too many components")

// Document returns the document of results, of which it takes those of the categories software, rpm, npm and python, in any order. If that of system is among them,
// it says of which distribution packages are. A package that is found in several places is one component, with all of the places.
//
// The document says of itself that it is complete only if all of these results are; why one is not is among its properties. Without any of them there is an error.
func Document(ctx context.Context, blobs scan.Blobs, results []scan.Result, o Options) (*cdx.BOM, error) {
	if o.Target == "" {
		return nil, errors.New("cyclonedx: the target has no name; the document has to say what it is of")
	}
	if o.Most < 0 {
		return nil, fmt.Errorf("cyclonedx: at most %d components; zero or more is right", o.Most)
	}
	d := &document{Options: o, ctx: ctx, blobs: blobs, spdx: map[string]bool{}, components: map[string]*cdx.Component{}}
	for name := range strings.FieldsSeq(spdx) {
		d.spdx[name] = true
	}
	d.Type, d.Most = cmp.Or(o.Type, cdx.ComponentTypePlatform), cmp.Or(o.Most, usualMost)
	results = slices.SortedStableFunc(slices.Values(results), func(a, b scan.Result) int {
		return cmp.Or(strings.Compare(a.Category, b.Category), strings.Compare(string(a.Digest), string(b.Digest)))
	})
	if err := d.system(results); err != nil {
		return nil, fmt.Errorf("cyclonedx: target %q: %w", o.Target, err)
	}
	var of []scan.Result
	for _, r := range results {
		if !slices.Contains(categories, r.Category) {
			continue
		}
		of = append(of, r)
		if err := d.add(r); err != nil {
			return nil, fmt.Errorf("cyclonedx: target %q: %w", o.Target, err)
		}
	}
	if len(of) == 0 {
		return nil, fmt.Errorf("cyclonedx: target %q: there is no result of the categories %s", o.Target, strings.Join(categories, ", "))
	}
	return d.bom(of), nil
}

const (
	categorySoftware = "software"
	categorySystem   = "system"
)

var categories = []string{categorySoftware, packages.CategoryRPM, packages.CategoryNPM, packages.CategoryPython}

// document is what becomes of results.
type document struct {
	Options

	ctx   context.Context
	blobs scan.Blobs
	os    inspect.OS
	spdx  map[string]bool
	// components are known by what tells them apart: their package URL, or the key of the item.
	components map[string]*cdx.Component
}

// system takes from a result which system it is.
func (d *document) system(results []scan.Result) error {
	for _, r := range results {
		if r.Category != categorySystem || !has(r) {
			continue
		}
		for item, err := range scan.Items(d.ctx, d.blobs, r) {
			if err != nil {
				return err
			}
			if item.Key == "os" {
				if err := json.Unmarshal(item.Value, &d.os); err != nil {
					return fmt.Errorf("what is known of its system: %w", err)
				}
			}
		}
	}
	return nil
}

func has(r scan.Result) bool {
	return r.Outcome == scan.OK || r.Outcome == scan.Empty || r.Outcome == scan.Partial
}

func (d *document) add(r scan.Result) error {
	if !has(r) {
		return nil
	}
	for item, err := range scan.Items(d.ctx, d.blobs, r) {
		if err == nil {
			err = d.item(item)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bom returns the document: all there is in the order of its references.
func (d *document) bom(results []scan.Result) *cdx.BOM {
	components := make([]cdx.Component, 0, len(d.components))
	for _, c := range d.components {
		components = append(components, *c)
	}
	slices.SortFunc(components, func(a, b cdx.Component) int { return strings.Compare(a.BOMRef, b.BOMRef) })
	var tools []cdx.Component
	var properties []cdx.Property
	at, aggregate := time.Time{}, cdx.CompositionAggregateComplete
	serial := sha256.New()
	_, _ = fmt.Fprintf(serial, "%q %q %q", d.Target, d.Type, d.os)
	for _, r := range results {
		if r.At.After(at) {
			at = r.At
		}
		_, _ = fmt.Fprintf(serial, " %q %q %q %q %q %d", r.Category, r.Scanner, r.Version, r.Outcome, r.Digest, r.At.UnixNano())
		if r.Scanner != "" && !slices.ContainsFunc(tools, func(c cdx.Component) bool { return c.Name == clean(r.Scanner) && c.Version == short(r.Version) }) {
			tools = append(tools, cdx.Component{Type: cdx.ComponentTypeApplication, Name: clean(r.Scanner), Version: short(r.Version)})
		}
		properties = append(properties, cdx.Property{Name: "reeve:outcome:" + r.Category, Value: string(r.Outcome)})
		if r.Outcome != scan.OK && r.Outcome != scan.Empty {
			aggregate = cdx.CompositionAggregateIncomplete
			properties = append(properties, why(r)...)
		}
	}
	bom := cdx.NewBOM()
	bom.SerialNumber = serialNumber(serial.Sum(nil))
	bom.Metadata = &cdx.Metadata{
		Component: &cdx.Component{BOMRef: "target", Type: d.Type, Name: clean(d.Target)}, Properties: &properties,
	}
	if !at.IsZero() {
		bom.Metadata.Timestamp = at.UTC().Format(time.RFC3339)
	}
	if len(tools) > 0 {
		bom.Metadata.Tools = &cdx.ToolsChoice{Components: &tools}
	}
	bom.Components = &components
	bom.Compositions = &[]cdx.Composition{{Aggregate: aggregate, Assemblies: &[]cdx.BOMReference{"target"}}}
	return bom
}

// why says why a result is not complete.
func why(r scan.Result) (properties []cdx.Property) {
	if r.Error != "" {
		properties = append(properties, cdx.Property{Name: "reeve:error:" + r.Category, Value: clean(r.Error)})
	}
	for _, p := range r.Problems {
		properties = append(properties, cdx.Property{Name: "reeve:problem:" + r.Category, Value: clean(strings.TrimPrefix(p.Path+": "+p.Text, ": "))})
	}
	return properties
}

// serialNumber makes a UUID of its own sort, version 8, of a digest.
func serialNumber(sum []byte) string {
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
