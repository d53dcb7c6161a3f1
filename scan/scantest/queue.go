package scantest

import (
	"cmp"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/internal/trialtest"
	"github.com/reeve-go/reeve/scan"
)

// Queues are a queue that is tested.
type Queues struct {
	// Queue is empty, and nobody else's. When there is nothing its Receive should wait for no longer than a tenth of the lease of the tests.
	Queue scan.Queue
	// Other is the same queue as another program has it. Nil: Queue.
	Other scan.Queue
	// Pass moves the clock of the queue, if it has one of its own that stands still else. Nil: the tests wait.
	Pass func(time.Duration)
}

// QueueOptions say more of a queue. Nil is the same as the zero value.
type QueueOptions struct {
	// Virtual: the queue reads the process's clock and waits for nothing but time, so that each test can run in a bubble of testing/synctest.
	Virtual bool
	// Lease is how long leases are in the tests. A queue that can only be waited for has some seconds, so that a slow machine loses none; a test waits for a
	// few of them. Default: one minute.
	Lease time.Duration
	// Body is how many bytes the largest body has. Default: 64 KiB.
	Body int
	// Cannot is what the queue cannot do, and is not asked for.
	Cannot []Ability
}

// An Ability is something that not every queue can do.
type Ability string

// The abilities.
const (
	Deduplicate   Ability = "leave out a key that it has already"
	Resend        Ability = "take a key again at once that was acked or buried"
	Fence         Ability = "refuse who has lost a message"
	Order         Ability = "hand out the oldest first"
	Delay         Ability = "keep back what was sent for later"
	RetryLater    Ability = "keep back what was given back for later"
	CountAttempts Ability = "count how often a message was handed out"
	Count         Ability = "say exactly how much is in it"
)

// TestQueue says whether a [scan.Queue] keeps its contract: each law is a subtest of its own. What else it is of [scan.Gauge], [scan.Graveyard],
// [scan.Withdrawer] and [scan.Lister] is tested, too.
// Random operations follow, that are compared with a model, where time can be told exactly, and nothing is in Cannot; -rapid.checks says how many.
//
// Open makes an empty queue at each call, and cleans up with t.Cleanup. It is called by several tests at a time.
//
//nolint:tparallel // whether it is parallel to others is its caller's to say
func TestQueue(t *testing.T, open func(t testing.TB) Queues, o *QueueOptions) {
	t.Helper()
	if open == nil {
		t.Fatal("scantest: TestQueue has no function that opens a queue")
	}
	k := queueKit{open: open}
	if o != nil {
		k.QueueOptions = *o
	}
	k.Lease = cmp.Or(k.Lease, time.Minute)
	k.Body = cmp.Or(k.Body, 64<<10)
	for _, l := range queueLaws() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			if l.needs != "" && slices.Contains(k.Cannot, l.needs) {
				t.Skipf("the queue cannot %s", l.needs)
			}
			if k.Virtual {
				synctest.Test(t, func(t *testing.T) { l.check(k.scene(t)) })
			} else {
				l.check(k.scene(t))
			}
		})
	}
	t.Run("random operations do what a model does", func(t *testing.T) {
		t.Parallel()
		if len(k.Cannot) > 0 {
			t.Skip("the model can do all that a queue can")
		}
		if !k.Virtual && k.open(t).Pass == nil {
			t.Skip("time cannot be told exactly: QueueOptions.Virtual is not set, and Queues.Pass is nil")
		}
		queueRandom(t, k)
	})
}

// A queueLaw is one thing that every queue does that can.
type queueLaw struct {
	name  string
	needs Ability
	check func(*queueScene)
}

func queueLaws() []queueLaw {
	return []queueLaw{
		{"an empty queue has nothing", "", queueEmpty},
		{"what is sent is received, as it was", "", queueSent},
		{"bodies are bytes, few or many", "", queueBodies},
		{"what is given and returned is copied", "", queueCopies},
		{"no more is taken than is returned", "", queueTakesNoMore},
		{"what is leased is hidden", "", queueHides},
		{"when its lease has ended a message comes again", "", queueComesAgain},
		{"extending keeps a message hidden", "", queueExtends},
		{"a lease is over when it says, or later", "", queueExpires},
		{"what is acked is gone", "", queueAcks},
		{"what is given back comes again at once", "", queueGivesBack},
		{"what is given back for later comes later", RetryLater, queueRetriesLater},
		{"what is delayed comes later", Delay, queueDelays},
		{"attempts are counted", CountAttempts, queueAttempts},
		{"the oldest comes first", Order, queueOrders},
		{"a key that is in the queue is left out", Deduplicate, queueDeduplicates},
		{"a key that was acked or buried can be sent again", Resend, queueResends},
		{"who has lost a message can do nothing to it", Fence, queueFences},
		{"what has ended has ended", Fence, queueEnds},
		{"what is buried comes no more", "", queueBuries},
		{"what is buried is seen, with the reason", "", queueDead},
		{"what is redriven has another chance", "", queueRedrives},
		{"what is withdrawn is gone, whoever has it", "", queueWithdraws},
		{"what waits is listed", Count, queueLists},
		{"numbers add up", Count, queueCounts},
		{"the age of the oldest is told", Count, queueAges},
		{"a call returns when its context ends", "", queueCancels},
		{"contenders never have a message both", "", queueContenders},
	}
}

// A queueKit is what the suite is given.
type queueKit struct {
	QueueOptions

	open func(t testing.TB) Queues
}

// queueRandom runs the random operations, in bubbles if time is virtual.
func queueRandom(t testing.TB, k queueKit) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		run := func(rt *rapid.T) { k.scene(trialtest.New(t, rt)).compare(rt) }
		if k.Virtual {
			rapid.SyncTest(rt, run)
		} else {
			run(rt)
		}
	})
}
