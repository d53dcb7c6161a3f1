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
	target, err := inv.system(ctx, found)
	if err != nil {
		return err
	}
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

// system builds the row of the target, with which system it has. If that could not be read, it stays as it is known.
func (inv *Inventory) system(ctx context.Context, found *findings) (refresh.Ref[Target], error) {
	target, known := Target{Name: found.target}, false
	for _, r := range found.results {
		if r.Category != "system" || r.Outcome == scan.Failed || r.Outcome == scan.Skipped {
			continue
		}
		known = r.Outcome != scan.Partial
		for item, err := range scan.Items(ctx, found.blobs, r) {
			var os inspect.OS
			if err == nil && item.Key == "os" {
				err = json.Unmarshal(item.Value, &os)
				target.System, target.Version, known = unlessEmpty(os.ID), unlessEmpty(os.VersionID), true
			}
			if err != nil {
				return refresh.Ref[Target]{}, err
			}
		}
	}
	if !known {
		return inv.Targets.Patch(target, func(*Target) []any { return nil }), nil
	}
	return inv.Targets.Build(target), nil
}

// installed builds the rows of an item: a package, or a program that Go built.
func (inv *Inventory) installed(target refresh.Ref[Target], item scan.Item) error {
	kind, place, _ := strings.Cut(item.Key, "/")
	var p packages.Package
	if kind == "go" {
		var program inspect.GoProgram
		if err := json.Unmarshal(item.Value, &program); err != nil {
			return err
		}
		p.Name, p.State = cmp.Or(program.Path, place), packages.Installed
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
