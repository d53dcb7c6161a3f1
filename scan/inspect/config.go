package inspect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/reeve-go/reeve/scan"
)

// none is the configuration of scanners that have none.
type none struct{}

// decodeConfig reads a configuration over the defaults in c, and refuses what it does not know.
func decodeConfig(config json.RawMessage, c any) error {
	if len(bytes.TrimSpace(config)) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(config))
	d.DisallowUnknownFields()
	err := d.Decode(c)
	if err == nil && d.Decode(new(json.RawMessage)) != io.EOF {
		err = errors.New("something follows the object")
	}
	if err != nil {
		return badConfig(fmt.Errorf("%s (%s)", strings.TrimPrefix(err.Error(), "json: "), knownFields(c)))
	}
	return nil
}

// badConfig is an error that no other try can mend.
func badConfig(err error) error { return scan.Fail(fmt.Errorf("config: %w", err)) }

// knownFields says what a configuration may have.
func knownFields(c any) string {
	var names []string
	for field := range reflect.TypeOf(c).Elem().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	if len(names) == 0 {
		return "there are no fields"
	}
	return "the fields are " + strings.Join(names, ", ")
}

// fixed is the scope of a scanner without configuration.
func fixed(paths ...string) func(json.RawMessage) ([]string, error) {
	return func(config json.RawMessage) ([]string, error) { return paths, decodeConfig(config, &none{}) }
}
