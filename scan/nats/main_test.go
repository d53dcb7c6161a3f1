package nats_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// Tests here wait for leases and servers more than they do anything.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}
