package provisioningtest

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// Most tests here want the kit to fail, and no file of it, nor the shortest way to it.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.shrinktime": "100ms"} {
		if err := flag.Set(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}
