package scan

import (
	"encoding/json"
	"time"
)

// An Outcome says how a category ended.
type Outcome string

// The outcomes. Of these, ok, empty and partial have a result.
const (
	// OK: all there is was found.
	OK Outcome = "ok"
	// Empty: there is nothing of the kind.
	Empty Outcome = "empty"
	// Partial: there is more than was found; the problems say why.
	Partial Outcome = "partial"
	// Failed: nothing is known.
	Failed Outcome = "failed"
	// Skipped: it was not looked at, because no scanner of the agent tells of it, or because the job ended before.
	Skipped Outcome = "skipped"
)

// A Result is what is known of one category of a target. Its items are in a blob, read with [Items].
type Result struct {
	Category string  `json:"category"`
	Outcome  Outcome `json:"outcome"`
	// Address is what the result is of: a digest of the input's identity, the scanner, its version, its configuration and the category, see
	// [Address]. Equal addresses mean equal facts. Empty: the input has no identity, or the result is not complete.
	Address Digest `json:"address,omitempty"`
	// Scanner and Version say what made it.
	Scanner string `json:"scanner,omitempty"`
	Version string `json:"version,omitempty"`
	// Items is how many facts there are, Bytes how many bytes they have, as lines of JSON in the order of their keys, and Digest is of these
	// bytes. Two results of equal digests say the same.
	Items  int    `json:"items"`
	Bytes  int64  `json:"bytes"`
	Digest Digest `json:"digest,omitempty"`
	// Blob is where they are, compressed; empty if there are none.
	Blob Digest `json:"blob,omitempty"`
	// Problems are the first ones of those that the scan met, Met is how many there were.
	Problems []Problem `json:"problems,omitempty"`
	Met      int       `json:"met,omitempty"`
	// Error is why it failed or was skipped, and Class what sort of error it failed with: after one that is [Fatal] nobody tries again.
	Error string `json:"error,omitempty"`
	Class Class  `json:"class,omitempty"`
	// At is when it was made, by the clock of who made it, and Took how long that took.
	At   time.Time     `json:"at,omitzero"`
	Took time.Duration `json:"took,omitempty"`
	// Reused: it is that of an earlier scan of the same input.
	Reused bool `json:"reused,omitempty"`
}

// An Item is one fact of a result.
type Item struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}
