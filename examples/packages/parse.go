package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/packages"
)

// parser fills an inventory from what was found. What is not complete makes the collections incomplete, so that these lose no rows.
var parser = refresh.Parser[*findings, *Inventory]{Name: "software", Parse: parse}

func parse(ctx context.Context, found *findings, inv *Inventory) error {
	os, err := found.system(ctx)
	if err != nil {
		return err
	}
	target := inv.Targets.Build(Target{Name: found.target, System: unlessEmpty(os.ID), Version: unlessEmpty(os.VersionID)})
	for _, r := range found.results {
		if r.Category == "system" {
			continue
		}
		if r.Outcome != scan.OK && r.Outcome != scan.Empty {
			why := fmt.Errorf("the category %s is %s", r.Category, r.Outcome)
			inv.Packages.Incomplete(why)
			inv.Installed.Incomplete(why)
		}
		if r.Outcome == scan.Failed || r.Outcome == scan.Skipped {
			continue
		}
		for item, err := range scan.Items(ctx, found.blobs, r) {
			if err != nil {
				return err
			}
			if err := inv.installed(target, item); err != nil {
				return fmt.Errorf("%s: %w", item.Key, err)
			}
		}
	}
	return nil
}

// system returns which system the target has, if that is known.
func (f *findings) system(ctx context.Context) (os inspect.OS, err error) {
	for _, r := range f.results {
		if r.Category != "system" || r.Outcome == scan.Failed || r.Outcome == scan.Skipped {
			continue
		}
		for item, err := range scan.Items(ctx, f.blobs, r) {
			if err != nil {
				return os, err
			}
			if item.Key == "os" {
				err = json.Unmarshal(item.Value, &os)
			}
			if err != nil {
				return os, err
			}
		}
	}
	return os, nil
}

// installed builds the rows of an item: a package, or a program that Go built.
func (inv *Inventory) installed(target refresh.Ref[Target], item scan.Item) error {
	kind, _, _ := strings.Cut(item.Key, "/")
	var p packages.Package
	if kind == "go" {
		var program inspect.GoProgram
		if err := json.Unmarshal(item.Value, &program); err != nil {
			return err
		}
		p.Name, p.State = program.Path, packages.Installed
		if program.Main != nil {
			p.Version = program.Main.Version
		}
	} else if err := json.Unmarshal(item.Value, &p); err != nil {
		return err
	}
	row := Package{Kind: kind, Name: p.Name, Arch: cmp.Or(p.Arch, "-")}
	inv.Installed.Build(Installed{
		Target: target, Package: inv.Packages.FindOrBuild(row, func() Package { return row }), Place: item.Key,
		Version: p.Version, State: p.State, License: unlessEmpty(p.License),
	})
	return nil
}

func unlessEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
