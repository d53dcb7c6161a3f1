package packages

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// maxConfig is how many places a configuration may name.
const maxConfig = 1000

// decodeConfig reads the configuration of a scanner, if there is one. What it does not know it refuses.
func decodeConfig(config json.RawMessage, into any) error {
	if len(bytes.TrimSpace(config)) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(config))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return badConfig(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badConfig(errors.New("something follows its end"))
	}
	return nil
}

func badConfig(err error) error { return fmt.Errorf("its configuration: %w", err) }

// checkPlaces refuses what is no path.
func checkPlaces(field string, places []string) error {
	if len(places) > maxConfig {
		return badConfig(fmt.Errorf("%s has %d paths; %d are the most", field, len(places), maxConfig))
	}
	for _, p := range places {
		if !fs.ValidPath(p) {
			return badConfig(fmt.Errorf("%s has %q, which is no path such as srv/app, or a dot for all", field, p))
		}
	}
	return nil
}

func tooLarge(most int64) error { return fmt.Errorf("only the first %d bytes were read", most) }
