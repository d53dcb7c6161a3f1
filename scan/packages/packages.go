package packages

import (
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
)

// A Package is what a package manager knows of a package. An empty field: it does not say.
type Package struct {
	// Package has what all have; State is [Installed] or [Locked].
	inspect.Package

	// License is what it says of its licence. SPDX: that is meant as an expression of SPDX.
	License string `json:"license,omitempty"`
	SPDX    bool   `json:"spdx,omitempty"`
	Vendor  string `json:"vendor,omitempty"`
	// Path is where it is, with npm its folder, with Python that of what describes it, or the file that names it.
	Path string `json:"path,omitempty"`
	// Hash is of what was fetched to install it, as the algorithm, a colon, and hexadecimal digits, such as "sha512:…".
	Hash string `json:"hash,omitempty"`
	// InstalledAt is when it was installed, in whole seconds.
	InstalledAt time.Time `json:"installed_at,omitzero"`
}

// The states of packages.
const (
	// Installed: it is there.
	Installed = "installed"
	// Locked: a lock file asks for it.
	Locked = "locked"
)

// The categories of the scanners [RPM], [NPM] and [Python].
const (
	CategoryRPM    = "rpm"
	CategoryNPM    = "npm"
	CategoryPython = "python"
)

// Options are the options of scanners. Nil is the same as the zero value.
type Options struct {
	// Temp is the folder for copies of databases. Empty: [os.TempDir].
	Temp string
}

// All returns the scanners of this package. Nil options are the defaults.
func All(o *Options) []scan.Scanner {
	return []scan.Scanner{RPM(o), NPM(), Python()}
}
