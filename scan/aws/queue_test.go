package aws_test

import (
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan/aws"
	"github.com/reeve-go/reeve/scan/aws/awstest"
	"github.com/reeve-go/reeve/scan/scantest"
)

// What a standard queue cannot do.
var cannot = []scantest.Ability{scantest.Deduplicate, scantest.Order, scantest.Count}

func TestQueue(t *testing.T) {
	t.Parallel()
	testQueue(t, &awstest.Options{Shuffled: true}, cannot)
}

// testQueue tests queues whose larger bodies are with the blobs.
func testQueue(t *testing.T, o *awstest.Options, cannot []scantest.Ability) {
	t.Helper()
	scantest.TestQueue(t, func(t testing.TB) scantest.Queues {
		r := newRig(t, o)
		at := r.at(&aws.EnsureOptions{Receives: 1000})
		options := &aws.QueueOptions{Wait: time.Second, Inline: 1000, Bodies: r.blobs(&aws.BlobsOptions{Prefix: "bodies/"})}
		return scantest.Queues{Queue: r.queue(at, options), Other: r.queue(at, options)}
	}, &scantest.QueueOptions{Virtual: true, Body: 200_000, Cannot: cannot})
}
