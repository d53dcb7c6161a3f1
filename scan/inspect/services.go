package inspect

import (
	"context"
	"slices"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
)

// Services returns the scanner of what the system starts: the units of systemd as "unit/NAME" with a [Unit], and the scripts of System V's init as
// "init/NAME" with an [InitScript]. It has no configuration.
func Services() scan.Scanner {
	return category.NewScanner(category.Spec{Of: "inspect", Category: "services", Version: "1", Scan: scanServices, Scope: fixed(slices.Concat(unitFolders, initPlaces())...)})
}

func scanServices(_ context.Context, in scan.Input, emit scan.Emit) error {
	if err := tellUnits(in.Tree, emit); err != nil {
		return err
	}
	return tellInitScripts(in.Tree, emit)
}
