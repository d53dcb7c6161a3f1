package category

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

// Decode reads a configuration over the defaults in the struct that c points at, and refuses what that does not know. No configuration is a right one.
func Decode(config json.RawMessage, c any) error {
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
		return BadConfig(fmt.Errorf("%s (%s)", strings.TrimPrefix(err.Error(), "json: "), knownFields(c)))
	}
	return nil
}

// BadConfig is what is wrong with a configuration: an error that no other try can mend.
func BadConfig(err error) error { return scan.Fail(fmt.Errorf("config: %w", err)) }

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
