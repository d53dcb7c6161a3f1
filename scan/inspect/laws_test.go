package inspect_test

import (
	"encoding/json"
	"maps"
	"testing"
	"testing/fstest"

	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/scantest"
)

// Each scanner keeps the laws of scanners, on a tree with links and on one without, where its scope can be told.
func TestScannersKeepTheLaws(t *testing.T) {
	t.Parallel()
	plain := realistic()
	maps.DeleteFunc(plain, func(_ string, f *fstest.MapFile) bool { return f.Mode.Type() != 0 })
	plain["etc/os-release"] = plain["usr/lib/os-release"]
	plain["etc/init.d/cron"] = &fstest.MapFile{Data: []byte("#!/bin/sh\n### BEGIN INIT INFO\n# Provides: cron\n### END INIT INFO\n"), Mode: 0o755}
	for _, s := range inspect.All() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			scantest.TestScanner(t, s, &scantest.ScannerOptions{Config: map[string]json.RawMessage{
				"files": json.RawMessage(`{"globs":["etc/**","opt/*/*"],"digest":true}`), "software": json.RawMessage(`{"binaries":["usr/bin"]}`),
			}}, realistic(), plain, fstest.MapFS{})
		})
	}
}
