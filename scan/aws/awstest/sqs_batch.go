package awstest

import (
	"encoding/json"
	"slices"
	"strings"
)

// A batchIn is a request about several things.
type batchIn[Entry any] struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []Entry
}

// An entry is one of them.
type entry[Request any] interface {
	id() string
	// in returns the entry as a request of its own.
	in(queueURL string) Request
}

// A batchOut says what became of each.
type batchOut struct {
	Successful []any
	Failed     []failedEntry
}

type failedEntry struct {
	ID          string `json:"Id"`
	Code        string
	Message     string
	SenderFault bool
}

// batch does what a request says about several things, each by itself.
func batch[Entry entry[Entry]](in batchIn[Entry], fault Fault, do func(Entry) (any, *refusal)) (any, *refusal) {
	if refused := checkEntries(in.Entries); refused != nil {
		return nil, refused
	}
	out := batchOut{[]any{}, []failedEntry{}}
	for i, e := range in.Entries {
		var result any
		refused := throttled()
		if fault != Partly || i%2 == 1 {
			result, refused = do(e.in(in.QueueURL))
		}
		if refused == nil {
			out.Successful = append(out.Successful, merged(result, e.id()))
		} else {
			out.Failed = append(out.Failed, failedEntry{e.id(), refused.query, refused.Message, refused.query != "RequestThrottled"})
		}
	}
	return out, nil
}

// merged adds an id to a result.
func merged(result any, id string) map[string]any {
	out := map[string]any{}
	if text, err := json.Marshal(result); err == nil && result != nil {
		_ = json.Unmarshal(text, &out)
	}
	out["Id"] = id
	return out
}

func checkEntries[Entry entry[Entry]](entries []Entry) *refusal {
	var ids []string
	for _, e := range entries {
		if !isName(e.id(), 80) {
			return refuse("InvalidBatchEntryId", "A batch entry id has 1 to 80 letters, digits, hyphens and underscores.")
		}
		if slices.Contains(ids, e.id()) {
			return refuse("BatchEntryIdsNotDistinct", "Id "+e.id()+" repeated.")
		}
		ids = append(ids, e.id())
	}
	switch {
	case len(ids) == 0:
		return refuse("EmptyBatchRequest", "There should be at least one entry in the request.")
	case len(ids) > 10:
		return refuse("TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10.")
	}
	return nil
}

// isName reports whether a text has letters, digits, hyphens and underscores only.
func isName(s string, most int) bool {
	return s != "" && len(s) <= most && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
}
