package scantest_test

import (
	"testing"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/scantest"
)

func TestBlobsInMemory(t *testing.T) {
	t.Parallel()
	scantest.TestBlobs(t, func(testing.TB) scan.Blobs { return &scantest.MemoryBlobs{} }, nil)
}
