package packages

import (
	"fmt"
	"io/fs"

	"github.com/reeve-go/reeve/internal/category"
)

// maxConfig is how many places a configuration may name.
const maxConfig = 1000

// checkPlaces refuses what is no path.
func checkPlaces(field string, places []string) error {
	if len(places) > maxConfig {
		return category.BadConfig(fmt.Errorf("%s has %d paths; %d are the most", field, len(places), maxConfig))
	}
	for _, p := range places {
		if !fs.ValidPath(p) {
			return category.BadConfig(fmt.Errorf("%s has %q, which is no path such as srv/app, or a dot for all", field, p))
		}
	}
	return nil
}
