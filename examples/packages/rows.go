package main

import "github.com/reeve-go/reeve/refresh"

// What is kept of a target. Each struct is a row of a table in tables.sql.

// A Target is what was scanned.
type Target struct {
	Name    string  `reeve:"name,key"`
	System  *string `reeve:"system"`
	Version *string `reeve:"version"`
}

// A Package is a sort of software that is in the target, in any version.
type Package struct {
	Kind string `reeve:"kind,key"` // such as rpm
	Name string `reeve:"name,key"`
	Arch string `reeve:"arch,key"` // a dash: it says none
}

// An Installed is a package at a place. A new version there is an update.
type Installed struct {
	Target  refresh.Ref[Target]  `reeve:"target_id,key"`
	Package refresh.Ref[Package] `reeve:"package_id,key"`
	Place   string               `reeve:"place,key"` // the key of what was found
	Version string               `reeve:"version"`
	State   string               `reeve:"state"`
	License *string              `reeve:"license"`
}

// An Inventory is what a target has.
type Inventory struct {
	Targets   *refresh.Collection[Target]
	Packages  *refresh.Collection[Package]
	Installed *refresh.Collection[Installed]
}

func declare(b *refresh.Builder) *Inventory {
	// A target can be another one under the same name, or empty: that much is gone is no mistake. What could not be read is not gone.
	all := &refresh.Guard{Share: 1}
	inv := &Inventory{
		Targets:  refresh.Add[Target](b, "targets", nil),
		Packages: refresh.Add[Package](b, "packages", &refresh.CollectionOptions{Guard: all}),
		Installed: refresh.Add[Installed](b, "installed", &refresh.CollectionOptions{
			ChildOf: []string{"target_id", "package_id"}, Guard: all,
		}),
	}
	inv.Packages.Complete()
	inv.Installed.Complete()
	return inv
}

// scope says which rows are a target's, because several can be in one database.
func scope(target string) map[string]any { return map[string]any{"target": target} }
