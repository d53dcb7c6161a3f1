package scantest

import (
	"testing"

	"github.com/reeve-go/reeve/scan"
)

// BlobsOptions say more of blobs. Nil is the same as the zero value.
type BlobsOptions struct {
	// Reopen opens once more the place that b are in, as another program would, while b stay open. Nil: that is not tested.
	Reopen func(t testing.TB, b scan.Blobs) scan.Blobs
	// Corrupt changes some of the bytes that are kept under a name, or leaves some out. Nil: that is not tested.
	Corrupt func(t testing.TB, b scan.Blobs, d scan.Digest)
	// Large is how many bytes the largest blob has. Default: 8 MiB.
	Large int64
}

// TestBlobs says whether [scan.Blobs] keep their contract: each law is a subtest of its own. Random operations follow, that
// are compared with a map; -rapid.checks says how many.
//
// Open makes empty blobs at each call, and cleans up with t.Cleanup. It is called by several tests at a time.
//
//nolint:tparallel // whether it is parallel to others is its caller's to say
func TestBlobs(t *testing.T, open func(t testing.TB) scan.Blobs, o *BlobsOptions) {
	t.Helper()
	if open == nil {
		t.Fatal("scantest: TestBlobs has no function that opens blobs")
	}
	k := blobsKit{open: open}
	if o != nil {
		k.BlobsOptions = *o
	}
	for _, l := range blobsLaws() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			l.check(k.scene(t))
		})
	}
}

// A blobsLaw is one thing that all blobs do.
type blobsLaw struct {
	name  string
	check func(*blobsScene)
}

func blobsLaws() []blobsLaw {
	return []blobsLaw{
		{"new blobs are empty", blobsEmpty},
		{"what is put is there, under its digest", blobsPut},
		{"to put twice is to put once", blobsTwice},
		{"what is put is as young as its last put", blobsYoung},
		{"a blob is any bytes, and none", blobsBytes},
		{"a large blob is read as it comes", blobsLarge},
		{"what cannot be read to its end is not kept", blobsBroken},
		{"an error that has the end inside is not the end", blobsBrokenEnd},
		{"what is not there is told", blobsMissing},
		{"names that are no digests lead nowhere", blobsNames},
		{"deleting removes, and twice is no error", blobsDelete},
		{"all blobs are listed, and no others", blobsList},
		{"a listing can be left, and what it lists deleted", blobsListAndDelete},
		{"a blob can be read by many, in part, and while it is deleted", blobsReaders},
		{"contenders see whole blobs", blobsContenders},
		{"what has become corrupt is told", blobsCorrupt},
		{"what has become corrupt can be put again", blobsMend},
		{"a call returns when its context ends", blobsCancel},
		{"what was put is there when they are opened again", blobsReopen},
		{"random operations do what a map does", blobsRandom},
	}
}
