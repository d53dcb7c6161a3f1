package inspect

import (
	"encoding/json"

	"github.com/reeve-go/reeve/internal/category"
)

// none is the configuration of scanners that have none.
type none struct{}

// fixed is the scope of a scanner without configuration.
func fixed(paths ...string) func(json.RawMessage) ([]string, error) {
	return func(config json.RawMessage) ([]string, error) { return paths, category.Decode(config, &none{}) }
}
