package scantest_test

import (
	"testing"
	"testing/fstest"

	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/scantest"
)

// The scanners that are ready keep the laws, too.
func TestAccounts(t *testing.T) {
	t.Parallel()
	scantest.TestScanner(t, inspect.Accounts(), nil, fstest.MapFS{
		"etc/passwd": {Data: []byte("root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/usr/sbin/nologin\n")},
		"etc/group":  {Data: []byte("root:x:0:\ndaemon:x:1:root\n")},
	}, fstest.MapFS{})
}
