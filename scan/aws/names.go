package aws

import (
	"errors"
	"fmt"
	"strings"
)

// Names are what SmartState, the scanning of ManageIQ, calls the things of one provider: a bucket and two queues. Package legacy drives its agents.
type Names struct {
	Bucket, Requests, Replies string
}

// NamesOf returns the names for a provider's GUID, which has 1 to 40 lower-case letters, digits and hyphens, and neither begins nor ends with
// a hyphen.
func NamesOf(guid string) (Names, error) {
	if len(guid) < 1 || len(guid) > 40 || strings.Trim(guid, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.Trim(guid, "-") != guid {
		return Names{}, fmt.Errorf("aws: %.60q is no GUID of a provider; 1 to 40 lower-case letters, digits and hyphens, those inside, are right", guid)
	}
	return Names{
		Bucket:   "smartstate-" + guid,
		Requests: "smartstate_extract_request-" + guid,
		Replies:  "smartstate_extract_reply-" + guid,
	}, nil
}

// ReplyKey returns the key of the object in which SmartState has the reply to a request, by the id that SQS gave the request.
func ReplyKey(request string) (string, error) { return keyOf("extract/queue-reply/", request) }

// HeartbeatKey returns the key of the object that an agent of SmartState writes over and over while it runs, by the id of its instance.
func HeartbeatKey(instance string) (string, error) { return keyOf("extract/heartbeat/", instance) }

// keyOf adds to a prefix an id that came from outside.
func keyOf(prefix, id string) (string, error) {
	if !isWord(id, 100) {
		return "", fmt.Errorf("aws: %.60q cannot be the end of a key; 1 to 100 letters, digits, hyphens and underscores are right", id)
	}
	return prefix + id, nil
}

// isWord reports whether a text has letters, digits, hyphens and underscores only.
func isWord(s string, most int) bool {
	return s != "" && len(s) <= most &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
}

// deadSuffix is what the name of a queue of dead messages has more than that of its queue.
const deadSuffix = "-dead"

// checkQueueName refuses what is no name of a standard queue, or leaves no room for the suffix.
func checkQueueName(name string) error {
	if strings.HasSuffix(name, fifoSuffix) {
		return errFIFO
	}
	if most := 80 - len(deadSuffix); !isWord(name, most) {
		return fmt.Errorf("the name of the queue is %.100q; 1 to %d letters, digits, hyphens and underscores are right", name, most)
	}
	return nil
}

const fifoSuffix = ".fifo"

// errFIFO says why: a FIFO queue drops for five minutes what was sent before, also if it was acked, and delays all messages alike or none.
var errFIFO = errors.New("a FIFO queue can neither delay a message nor take a key again at once; a standard one is right")
