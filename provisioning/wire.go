package provisioning

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/reeve-go/reeve/internal/text"
	"github.com/reeve-go/reeve/storage"
)

// What goes between Reeve and an external provisioner is JSON: a call to it, and what it says. That has
// one form, whether it is the answer to a call or the body of a callback.

// MaxCallback is how many bytes a callback may have, and an answer to what [NewHTTP] returns.
const MaxCallback = 256 << 10

// maxSentence bounds what an external provisioner says for people: errors and progress. The rest is cut
// off.
const maxSentence = 1000

// A wireCall is a [Call] as it is sent.
type wireCall struct {
	Do         Action           `json:"do"`
	Request    string           `json:"request"`
	Resource   string           `json:"resource"`
	Type       string           `json:"type"`
	Goal       Goal             `json:"goal"`
	Operation  string           `json:"operation"`
	Attempt    int              `json:"attempt"`
	Key        string           `json:"key"`
	Generation int              `json:"generation"`
	Fence      storage.Token    `json:"fence"`
	Config     json.RawMessage  `json:"config,omitempty"`
	Handle     string           `json:"handle,omitempty"`
	After      map[string]Known `json:"after,omitempty"`
	Callback   *wireCallback    `json:"callback,omitempty"`
}

type wireCallback struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

func writeCall(do Action, c *Call) ([]byte, error) {
	out := wireCall{
		Do: do, Request: c.Request, Resource: c.Resource, Type: c.Type, Goal: c.Goal, Operation: c.Operation, Attempt: c.Attempt,
		Key: c.Key, Generation: c.Generation, Fence: c.Fence, Config: c.Config, Handle: c.Handle, After: c.After,
	}
	if c.Callback.URL != "" {
		out.Callback = &wireCallback{c.Callback.URL, c.Callback.Token.Reveal()}
	}
	return json.Marshal(out)
}

// said is what an external provisioner says.
type said struct {
	// ID tells a callback from others about the same operation; empty: it has none.
	ID     string
	Answer Answer
	// Err is a [FatalError] or a [RetryError] if the operation failed; nil: it did not.
	Err error
}

// stateFailed is the state of what is said of an operation that failed. The others are those of an
// [Answer].
const stateFailed = "failed"

// saidFields are the fields of what is said, and the states that each goes with; nil: all.
var saidFields = []struct {
	name string
	with []string
}{
	{"id", nil},
	{"state", nil},
	{"handle", []string{Done.String(), InProgress.String()}},
	{"attributes", []string{Done.String(), InProgress.String()}},
	{"secrets", []string{Done.String(), InProgress.String()}},
	{"progress", []string{Done.String(), InProgress.String()}},
	{"again", []string{InProgress.String()}},
	{"within", []string{InProgress.String()}},
	{"error", []string{stateFailed}},
	{"retryable", []string{stateFailed}},
	{"retry_after", []string{stateFailed}},
}

// readSaid reads what was said. Only who was asked to find a resource may say that it is missing. Its
// error is a [*wireError].
func readSaid(body []byte, find bool) (said, *wireError) {
	var (
		s         said
		state     string
		failure   string
		retryable bool
		after     time.Duration
	)
	r := newWireReader(body)
	given := r.object(func(name string) {
		switch name {
		case "id":
			s.ID = r.name()
		case "state":
			state = r.text()
		case "handle":
			s.Answer.Handle = r.text()
		case "attributes":
			s.Answer.Attributes = map[string]string{}
			r.object(func(name string) { s.Answer.Attributes[name] = r.text() })
		case "secrets":
			s.Answer.Secrets = Secrets{}
			r.object(func(name string) { s.Answer.Secrets[name] = r.secret() })
		case "progress":
			s.Answer.Progress = sentence(r.text(), maxSentence)
		case "again":
			s.Answer.Again = r.duration()
		case "within":
			s.Answer.Within = r.duration()
		case "error":
			failure = sentence(r.text(), maxSentence)
		case "retryable":
			retryable = r.boolean()
		case "retry_after":
			after = r.duration()
		default:
			r.fail("there is no such field; one of %s is right", fieldNames())
		}
	})
	states := []string{Done.String(), InProgress.String(), stateFailed}
	if find {
		states = append(states, Missing.String())
	}
	if !slices.Contains(states, state) {
		r.failAt("state", "one of %s is right", quoted(states))
	}
	for _, field := range saidFields {
		if given[field.name] && field.with != nil && !slices.Contains(field.with, state) {
			r.failAt(field.name, "it does not go with the state %q; with %s it does", state, quoted(field.with))
		}
	}
	switch {
	case state != stateFailed:
		// The state is one of these names, or there is an error already.
		_ = s.Answer.State.UnmarshalText([]byte(state))
	case strings.TrimSpace(failure) == "":
		r.failAt("error", "a failure needs a text that says why")
	case given["retry_after"] && !retryable:
		r.failAt("retry_after", `it goes with "retryable": true alone`)
	case retryable:
		s.Err = Retry(after, errors.New(failure))
	default:
		s.Err = Fatal(errors.New(failure))
	}
	if err := s.Answer.Check(); err != nil {
		r.failAt("", "%s", err)
	}
	if r.err != nil {
		return said{}, r.err
	}
	return s, nil
}

func fieldNames() string {
	names := make([]string, len(saidFields))
	for i, field := range saidFields {
		names[i] = field.name
	}
	return quoted(names)
}

func quoted(words []string) string {
	return fmt.Sprintf(`"%s"`, strings.Join(words, `", "`))
}

// sentence makes what somebody else wrote fit for records, logs and pages: one line, of at most so many
// bytes.
func sentence(from string, most int) string {
	return text.Clip(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, from), most)
}
