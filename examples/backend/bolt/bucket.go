package bolt

import (
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/reeve-go/reeve/storage"
)

// A table is a bucket of rows.
type table string

const (
	records  table = "record"  // kind id
	elements table = "element" // kind id name
	messages table = "message" // number
	effects  table = "effect"  // number
	lines    table = "line"    // kind id version n
)

// An index is a bucket of keys of rows.
type index string

const (
	recordsByState index = "record by state" // kind state id
	recordsByDue   index = "record by due"   // kind time id: when a claim can have it

	elementsByDue index = "element by due" // kind id time name

	messagesByID  index = "message by id"    // kind id id
	messagesOf    index = "message by to"    // kind id number
	openMessages  index = "message by open"  // kind id number
	openSlots     index = "message by slot"  // kind id slot
	endedMessages index = "message by ended" // time number: consumed, stale or replaced
	deadMessages  index = "message by death" // time number

	effectsByID     index = "effect by id"    // id
	effectsOf       index = "effect by from"  // kind id number
	openEffects     index = "effect by open"  // kind id number: pending or running
	openKeys        index = "effect by key"   // kind id key: of those
	openLanes       index = "effect by lane"  // kind id lane behind number: of those, the head first
	canceledInLanes index = "effect by lease" // kind id lane time number: may still be running outside
	effectsByDue    index = "effect by due"   // name time number
	endedEffects    index = "effect by ended" // time number: done or canceled
	deadEffects     index = "effect by death" // time number

	oldLines index = "line by age" // time kind id version n: not the newest of a record that exists
)

var (
	rootBucket = []byte("reeve")
	formatKey  = []byte("format")
)

// format says how everything is laid out. A program that lays it out anew counts it up.
const format = "1"

// makeBuckets makes what is missing.
func makeBuckets(handle *bbolt.Tx) error {
	root, err := handle.CreateBucketIfNotExists(rootBucket)
	if err != nil {
		return err
	}
	if was := root.Get(formatKey); was != nil && string(was) != format {
		return fmt.Errorf("%w: the format is %q; this program knows %q", storage.ErrSchema, was, format)
	}
	for _, bucket := range []string{
		string(records), string(elements), string(messages), string(effects), string(lines),
		string(recordsByState), string(recordsByDue), string(elementsByDue),
		string(messagesByID), string(messagesOf), string(openMessages), string(openSlots), string(endedMessages), string(deadMessages),
		string(effectsByID), string(effectsOf), string(openEffects), string(openKeys), string(openLanes), string(canceledInLanes),
		string(effectsByDue), string(endedEffects), string(deadEffects), string(oldLines),
	} {
		if _, err := root.CreateBucketIfNotExists([]byte(bucket)); err != nil {
			return fmt.Errorf("bucket %q: %w", bucket, err)
		}
	}
	return root.Put(formatKey, []byte(format))
}
