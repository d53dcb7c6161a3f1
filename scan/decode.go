package scan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reeve-go/reeve/internal/text"
)

// MaxBody is how many bytes a request or a reply may have.
const MaxBody = 1 << 20

// What decoders and encoders answer, for errors.Is. Any other error of a decoder means that the body can never be understood.
var (
	// ErrVersion: it is of a version that this program does not know. A newer program may.
	ErrVersion = errors.New("unknown version")
	// ErrTooLarge: it has more bytes than [MaxBody]. The results of a reply can be sent in several.
	ErrTooLarge = errors.New("too large")
)

// EncodeRequest returns the body of a request, in the version that this program writes.
func EncodeRequest(r Request) ([]byte, error) {
	r.V, r.Known = WireVersion, trimmed(r.Known)
	return encode("request", &r, r.check())
}

// DecodeRequest returns the request of a body that came from a queue. Fields that it does not know are passed over. Its error names the field, and says
// what is wrong and what would be right; there is at most a short piece of the body in it.
func DecodeRequest(body []byte) (Request, error) {
	var in struct {
		Request

		Categories json.RawMessage `json:"categories"`
		Known      json.RawMessage `json:"known"`
	}
	err := decode(body, &in)
	r := &in.Request
	if err == nil {
		r.Categories, err = list[Category]("categories", in.Categories, maxCategories)
	}
	if err == nil {
		r.Known, err = resultList("known", in.Known, maxKnown)
	}
	if err == nil {
		r.Known = trimmed(r.Known)
		err = r.check()
	}
	if err != nil {
		return Request{}, fmt.Errorf("scan: request: %w", err)
	}
	return *r, nil
}

// EncodeReply returns the body of a reply, in the version that this program writes. Texts and lists of problems that are too long are cut.
func EncodeReply(r Reply) ([]byte, error) {
	r.V, r.Error, r.Results = WireVersion, sentence(r.Error), trimmed(r.Results)
	return encode("reply", &r, r.check())
}

// DecodeReply returns the reply of a body that came from a queue, as [DecodeRequest] does.
func DecodeReply(body []byte) (Reply, error) {
	var in struct {
		Reply

		Results json.RawMessage `json:"results"`
	}
	err := decode(body, &in)
	r := &in.Reply
	if err == nil {
		r.Results, err = resultList("results", in.Results, maxCategories)
	}
	if err == nil {
		r.Error, r.Results = sentence(r.Error), trimmed(r.Results)
		err = r.check()
	}
	if err != nil {
		return Reply{}, fmt.Errorf("scan: reply: %w", err)
	}
	return *r, nil
}

func encode(what string, v any, err error) ([]byte, error) {
	var body []byte
	if err == nil {
		body, err = json.Marshal(v)
	}
	if err == nil {
		err = checkSize(body)
	}
	if err != nil {
		return nil, fmt.Errorf("scan: %s: %w", what, err)
	}
	return body, nil
}

func checkSize(body []byte) error {
	if len(body) > MaxBody {
		return fmt.Errorf("%w: it has %d bytes; at most %d are right", ErrTooLarge, len(body), MaxBody)
	}
	return nil
}

// decode reads a body whose version this program knows.
func decode(body []byte, into any) error {
	if err := checkSize(body); err != nil {
		return err
	}
	var version struct {
		V int `json:"v"`
	}
	if err := unmarshal("", body, &version); err != nil {
		return err
	}
	switch v := version.V; {
	case v < 1:
		return fmt.Errorf("v: it is %d; %d is right", v, WireVersion)
	case v > WireVersion:
		return fmt.Errorf("v: %w: it is %d; this program knows those up to %d", ErrVersion, v, WireVersion)
	}
	return unmarshal("", body, into)
}

// unmarshal is json.Unmarshal, with errors that say where in the body something is wrong, and show little of it.
func unmarshal(path string, body []byte, into any) error {
	err := json.Unmarshal(body, into)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var date *time.ParseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return fmt.Errorf("it is no JSON, from byte %d on; one object is right", syntax.Offset)
	case errors.As(err, &kind):
		is, _, _ := strings.Cut(kind.Value, " ")
		return fmt.Errorf("%s: it is a JSON %s; what goes into a Go %s is right", pathTo(path, kind.Field), is, kind.Type)
	case errors.As(err, &date):
		return fmt.Errorf("%s: a time in it is %s; one like %q is right", pathTo(path, ""), quote(date.Value), "2006-01-02T15:04:05Z")
	}
	const most = 200
	return fmt.Errorf("%s: %s", pathTo(path, ""), text.Clip(err.Error(), most))
}

// pathTo returns the path to a field of what is at a path. The name of a type that the fields were taken from is left out.
func pathTo(path, field string) string {
	for _, embedded := range []string{"Request", "Reply", "Result"} {
		field = strings.TrimPrefix(field, embedded+".")
	}
	switch {
	case path == "" && field == "":
		return "all of it"
	case path == "" || field == "":
		return path + field
	}
	return path + "." + field
}

// list reads a list of at most so many, and has no memory for more.
func list[T any](field string, from json.RawMessage, most int) ([]T, error) {
	if len(from) == 0 || string(from) == "null" {
		return nil, nil
	}
	elements := json.NewDecoder(bytes.NewReader(from))
	if begin, err := elements.Token(); err != nil || begin != json.Delim('[') {
		return nil, fmt.Errorf("%s: it is no list; a list of at most %d is right", field, most)
	}
	var all []T
	for elements.More() {
		if len(all) == most {
			return nil, fmt.Errorf("%s: there are more than %d; at most %d are right", field, most, most)
		}
		var raw json.RawMessage
		var one T
		if err := elements.Decode(&raw); err != nil {
			return nil, fmt.Errorf("%s: it is no JSON; a list of at most %d is right", field, most)
		}
		if err := unmarshal(fmt.Sprintf("%s[%d]", field, len(all)), raw, &one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func resultList(field string, from json.RawMessage, most int) ([]Result, error) {
	type result struct {
		Result

		Problems json.RawMessage `json:"problems"`
	}
	in, err := list[result](field, from, most)
	if err != nil {
		return nil, err
	}
	var all []Result
	for n, r := range in {
		r.Result.Problems, err = list[Problem](fmt.Sprintf("%s[%d].problems", field, n), r.Problems, maxProblems)
		if err != nil {
			return nil, err
		}
		all = append(all, r.Result)
	}
	return all, nil
}

// trimmed returns results whose texts and lists of problems are not too long.
func trimmed(results []Result) []Result {
	var all []Result
	for _, r := range results {
		r.Error = sentence(r.Error)
		var problems []Problem
		for _, p := range r.Problems[:min(len(r.Problems), maxProblems)] {
			problems = append(problems, Problem{Path: text.Clip(p.Path, maxProblemPath), Text: text.Clip(p.Text, maxProblemText)})
		}
		r.Problems = problems
		all = append(all, r)
	}
	return all
}
