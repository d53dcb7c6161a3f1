package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/reeve-go/reeve/examples/internal/refreshing"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/packages"
	"github.com/reeve-go/reeve/scan/packages/cyclonedx"
)

// findings are what was found in a target.
type findings struct {
	target  string
	folder  string // of the blobs
	blobs   scan.Blobs
	results []scan.Result
}

// A report is what -json writes.
type report struct {
	*refreshing.Report

	Results []scan.Result `json:"results"`
}

// look scans the target.
func (s *settings) look(ctx context.Context) (_ *findings, err error) {
	found := &findings{target: s.name}
	if found.folder, err = os.MkdirTemp("", "reeve-packages-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, found.close())
		}
	}()
	if found.blobs, err = scan.NewDirBlobs(found.folder, nil); err != nil {
		return nil, err
	}
	scanners := append(packages.All(&packages.Options{Temp: found.folder}), inspect.Software(), inspect.System())
	inspector, err := scan.NewInspector(found.blobs, scanners, &scan.InspectorOptions{Temp: found.folder})
	if err != nil {
		return nil, err
	}
	dir, err := scan.OpenDir(s.folder, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	var categories []scan.Category
	for _, scanner := range scanners {
		for _, name := range scanner.Categories() {
			categories = append(categories, scan.Category{Name: name})
		}
	}
	found.results, err = inspector.Inspect(ctx, dir, scan.Inspection{Target: s.name, Categories: categories})
	return found, err
}

func (f *findings) close() error { return os.RemoveAll(f.folder) }

// write shows what became of each category.
func (f *findings) write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "CATEGORY\tOUTCOME\tFOUND")
	var problems []string
	for _, r := range f.results {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%d\n", r.Category, r.Outcome, r.Items)
		if r.Error != "" {
			problems = append(problems, r.Category+": "+r.Error)
		}
		for _, p := range r.Problems {
			problems = append(problems, fmt.Sprintf("%s: %s: %s", r.Category, p.Path, p.Text))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if err := refreshing.WriteNotes(w, "NOT READ", problems); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

// writeDocument writes the bill of materials.
func (s *settings) writeDocument(ctx context.Context, found *findings) error {
	bom, err := cyclonedx.Document(ctx, found.blobs, found.results, cyclonedx.Options{Target: s.name})
	if err != nil {
		return err
	}
	format := cdx.BOMFileFormatJSON
	if strings.EqualFold(filepath.Ext(s.document), ".xml") {
		format = cdx.BOMFileFormatXML
	}
	file, err := os.Create(s.document)
	if err != nil {
		return err
	}
	err = cdx.NewBOMEncoder(file, format).SetPretty(true).EncodeVersion(bom, cdx.SpecVersion1_6)
	return errors.Join(err, file.Close())
}
