package scan

import (
	"bytes"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/provisioning"
)

const (
	aRequest = `{"v":1,"job":"j","epoch":1,"target":{"id":"t"},"categories":[{"name":"accounts"}],"progress":300000000000}`
	aReply   = `{"v":1,"agent":"a","job":"j","epoch":1,"seq":1,"last":true}`
	aResult  = `{"category":"accounts","outcome":"empty","items":0,"bytes":0,"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}`
	okResult = `{"category":"accounts","outcome":"ok","items":1,"bytes":21,` +
		`"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","blob":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}`
	failedResult = `{"category":"system","outcome":"failed","items":0,"bytes":0,"error":"broken","class":"fatal"}`
)

// with returns a body with a field put in another's place; empty: beside the others.
func with(body, old, field string) string {
	if old == "" {
		return body[:len(body)-1] + "," + field + "}"
	}
	return strings.Replace(body, old, field, 1)
}

// reply returns a reply with one result, in which a field stands in another's place.
func replyWith(result, old, field string) string {
	return with(aReply, "", `"results":[`+with(result, old, field)+`]`)
}

var secret = strings.Repeat("secret", 1000)

// TestBodiesThatAreNoMessage: each error names the field, what is wrong and what would be right.
func TestBodiesThatAreNoMessage(t *testing.T) {
	t.Parallel()
	request := func(body []byte) error { _, err := DecodeRequest(body); return err }
	reply := func(body []byte) error { _, err := DecodeReply(body); return err }
	many := func(n int) string { return "[" + strings.Repeat("{},", n-1) + "{}]" }
	for _, row := range []struct {
		decode func([]byte) error
		body   string
		want   string
	}{
		{request, aRequest, ""},
		{request, with(aRequest, "", `"later":{"x":[1]}`), ""},
		{request, with(aRequest, "", `"known":[`+aResult+`,`+aResult+`]`), ""},
		{request, ``, "scan: request: it is no JSON, from byte 0 on; one object is right"},
		{request, aRequest + "x", "scan: request: it is no JSON, from byte 107 on; one object is right"},
		{request, `["` + secret + `"]`, "scan: request: all of it: it is a JSON array; what goes into a Go struct"},
		{request, `{}`, "scan: request: v: it is 0; 1 is right"},
		{request, `{"v":-1}`, "scan: request: v: it is -1; 1 is right"},
		{request, `{"v":"` + secret + `"}`, "scan: request: v: it is a JSON string; what goes into a Go int is right"},
		{request, `{"v":` + strings.Repeat("9", 1000) + `}`, "scan: request: v: it is a JSON number; what goes into a Go int is right"},
		{request, `{"v":2,"job":{}}`, "scan: request: v: unknown version: it is 2; this program knows those up to 1"},
		{request, with(aRequest, `"j"`, `7`), "scan: request: job: it is a JSON number; what goes into a Go string is right"},
		{request, with(aRequest, `"j"`, `""`), `scan: request: job: it is ""; a text of 1 to 512 bytes without control characters is right`},
		{request, with(aRequest, `"j"`, `"a\nb"`), `scan: request: job: it is "a\nb"; a text of 1 to 512 bytes without control characters is right`},
		{request, with(aRequest, `"j"`, `"`+secret+`"`), `scan: request: job: it is "` + secret[:100] + `"…; a text of 1 to 512 bytes without control characters is right`},
		{request, with(aRequest, `"epoch":1`, `"epoch":0`), "scan: request: epoch: it is 0; 1 or more is right"},
		{request, with(aRequest, `"t"`, `""`), `scan: request: target.id: it is ""; a text of 1 to 512 bytes without control characters is right`},
		{request, with(aRequest, `"id":"t"`, `"id":"t","slower":-1`), "scan: request: target.slower: it is -1; a number from 0 to 1000 is right"},
		{request, with(aRequest, `"id":"t"`, `"id":["t"]`), "scan: request: target.id: it is a JSON array; what goes into a Go string is right"},
		{request, with(aRequest, `[{"name":"accounts"}]`, `[]`), "scan: request: categories: there are 0 categories; 1 to 100 are right"},
		{request, with(aRequest, `[{"name":"accounts"}]`, `{}`), "scan: request: categories: it is no list; a list of at most 100 is right"},
		{request, with(aRequest, `[{"name":"accounts"}]`, many(101)), "scan: request: categories: there are more than 100; at most 100 are right"},
		{request, with(aRequest, `"accounts"`, `3`), "scan: request: categories[0].name: it is a JSON number; what goes into a Go string is right"},
		{request, with(aRequest, `[{`, `[{"name":"accounts"},{`), `scan: request: categories: category "accounts" is asked for twice; once is right`},
		{request, with(aRequest, `30000`, `-30000`), "scan: request: progress: it is -5m0s; 0 or more is right"},
		{request, with(aRequest, "", `"until":"`+secret+`"`), `scan: request: all of it: a time in it is "secret`},
		{request, with(aRequest, "", `"known":[{}]`), `scan: request: known[0].category: it is ""; a text of 1 to 255 bytes without control characters is right`},
		{request, with(aRequest, "", `"known":`+many(1001)), "scan: request: known: there are more than 1000; at most 1000 are right"},
		{request, strings.Repeat(" ", MaxBody) + aRequest, "scan: request: too large: it has 1048682 bytes; at most 1048576 are right"},

		{reply, aReply, ""},
		{reply, replyWith(aResult, `x`, ``), ""},
		{reply, replyWith(okResult, `x`, ``), ""},
		{reply, replyWith(failedResult, `x`, ``), ""},
		{reply, with(aReply, "", `"error":"broken","class":"trouble","retry_after":5`), ""},
		{reply, with(aReply, `"v":1`, `"v":9`), "scan: reply: v: unknown version: it is 9; this program knows those up to 1"},
		{reply, with(aReply, `"a"`, `""`), `scan: reply: agent: it is ""; a text of 1 to 255 bytes without control characters is right`},
		{reply, with(aReply, `"seq":1`, `"seq":0`), "scan: reply: seq: it is 0; 1 or more is right"},
		{reply, with(aReply, `true`, `false`), "scan: reply: results: there are none; a reply that is not the last needs one"},
		{reply, with(aReply, "", `"error":"broken"`), `scan: reply: error: it is "broken" and the class ""; both or none are right`},
		{reply, with(aReply, "", `"class":"fatal"`), `scan: reply: error: it is "" and the class "fatal"; both or none are right`},
		{reply, with(aReply, "", `"error":"x","class":"odd"`), `scan: reply: class: it is "odd"; one of ["trouble" "fatal" "lost" "canceled" "overdue"] is right`},
		{reply, with(with(aReply, `"last":true`, `"results":[`+aResult+`]`), "", `"error":"x","class":"fatal"`), "scan: reply: last: it is false beside an error; true is right"},
		{reply, with(aReply, "", `"retry_after":1`), "scan: reply: retry_after: it is 1ns without an error; 0 is right"},
		{reply, with(aReply, "", `"error":"broken","class":"trouble","retry_after":-5`), "scan: reply: retry_after: it is -5ns; 0 or more is right"},
		{reply, with(aReply, "", `"results":`+many(101)), "scan: reply: results: there are more than 100; at most 100 are right"},
		{reply, with(aReply, "", `"results":[`+aResult+`,`+aResult+`]`), `scan: reply: results[1]: category "accounts" is there twice; once is right`},
		{reply, replyWith(aResult, `"empty"`, `"fine"`), `scan: reply: results[0].outcome: it is "fine"; one of ["ok" "empty" "partial" "failed" "skipped"] is right`},
		{reply, replyWith(aResult, `"empty"`, `"ok"`), `scan: reply: results[0].outcome: it is "ok" with 0 items and 0 problems; that needs items and no problem`},
		{reply, replyWith(aResult, `"empty"`, `"partial"`), `scan: reply: results[0].outcome: it is "partial" without a problem; that needs one`},
		{reply, replyWith(okResult, `"ok"`, `"empty"`), `scan: reply: results[0].outcome: it is "empty" with 1 items and 0 problems; that needs none of both`},
		{reply, replyWith(okResult, `"items":1`, `"items":-1`), `scan: reply: results[0].items: there cannot be -1 with 21 bytes; each has at least 21, and all have at most 1125899906842624`},
		{reply, replyWith(okResult, `"items":1`, `"items":2`), `scan: reply: results[0].items: there cannot be 2 with 21 bytes`},
		{reply, replyWith(okResult, `"items":1`, `"items":0`), `scan: reply: results[0].items: there cannot be 0 with 21 bytes`},
		{reply, replyWith(okResult, `"blob":"sha256:`, `"blob":"../../`), `scan: reply: results[0].blob: "../../e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" is no digest`},
		{reply, replyWith(okResult, `"blob"`, `"glob"`), `scan: reply: results[0].blob: it is "" with 1 items`},
		{reply, replyWith(aResult, `"digest"`, `"d"`), `scan: reply: results[0].digest: it is "", and the outcome "empty"; one with "ok", "empty" and "partial" and nothing else is right`},
		{reply, replyWith(aResult, `"items":0`, `"address":"x","items":0`), `scan: reply: results[0].address: "x" is no digest`},
		{reply, replyWith(failedResult, `"items":0`, `"address":"x","items":0`), `scan: reply: results[0].address: it is "x", and the outcome "failed"; only what is complete has one`},
		{reply, replyWith(failedResult, `"error":"broken"`, `"error":""`), `scan: reply: results[0].error: it is "", and the outcome "failed"; a reason for "failed" and "skipped" and nothing else is right`},
		{reply, replyWith(failedResult, `"failed"`, `"skipped"`), `scan: reply: results[0].class: it is "fatal", and the outcome "skipped"; only one that is "failed" has a class`},
		{reply, replyWith(failedResult, `"fatal"`, `"odd"`), `scan: reply: results[0].class: it is "odd"`},
		{reply, replyWith(failedResult, `"items":0`, `"met":1,"problems":[{"text":"a"},{"text":"b"}],"items":0`), `scan: reply: results[0].met: it is 1 with 2 problems listed; as many or more are right`},
		{reply, replyWith(failedResult, `"items":0`, `"problems":`+many(1001)+`,"items":0`), `scan: reply: results[0].problems: there are more than 1000; at most 1000 are right`},
		{reply, replyWith(failedResult, `"items":0`, `"problems":[{"text":1}],"items":0`), `scan: reply: results[0].problems[0].text: it is a JSON number; what goes into a Go string is right`},
		{reply, replyWith(aResult, `"items":0`, `"took":-1,"items":0`), `scan: reply: results[0].took: it is -1ns; 0 or more is right`},
		{reply, replyWith(aResult, `"items":0`, `"at":"`+secret+`","items":0`), `scan: reply: results[0]: a time in it is "secretsec`},
	} {
		err := row.decode([]byte(row.body))
		switch {
		case row.want == "" && err != nil:
			t.Errorf("%.200s: %v", row.body, err)
		case row.want != "" && (err == nil || !strings.HasPrefix(err.Error(), row.want)):
			t.Errorf("%.200s:\n got %v\nwant %s", row.body, err, row.want)
		case err != nil && (len(err.Error()) > 400 || strings.Contains(err.Error(), secret[:200])):
			t.Errorf("an error of %d bytes repeats too much: %v", len(err.Error()), err)
		}
		if newer := strings.Contains(row.want, "unknown version"); errors.Is(err, ErrVersion) != newer {
			t.Errorf("%.200s: is of an unknown version: %v", row.body, errors.Is(err, ErrVersion))
		}
	}
}

var (
	anyWord   = rapid.StringMatching(`[a-zé\\"<]{1,20}`)
	anyDigest = rapid.Map(rapid.String(), func(s string) Digest { return DigestOf([]byte(s)) })
	anyTime   = rapid.Map(rapid.Int64Range(0, 1<<33), func(s int64) time.Time { return time.Unix(s, 5).UTC() })
	anyLength = rapid.Map(rapid.Int64Range(0, 1<<50), func(n int64) time.Duration { return time.Duration(n) })
	anyJSON   = rapid.SampledFrom([]json.RawMessage{nil, json.RawMessage(`{"a":[1,"<"]}`), json.RawMessage(`1`)})
)

var anyResult = rapid.Custom(func(t *rapid.T) Result {
	r := Result{
		Category: anyWord.Draw(t, "category"), Outcome: rapid.SampledFrom(allOutcomes).Draw(t, "outcome"), Scanner: anyWord.Draw(t, "scanner"), Version: "1",
		At: anyTime.Draw(t, "at"), Took: anyLength.Draw(t, "took"), Reused: rapid.Bool().Draw(t, "reused"),
	}
	if r.Outcome == OK || r.Outcome == Partial {
		r.Items = rapid.IntRange(1, 1<<20).Draw(t, "items")
		r.Bytes, r.Blob = int64(r.Items*leastLine), anyDigest.Draw(t, "blob")
	}
	if r.Outcome.hasItems() {
		r.Digest = anyDigest.Draw(t, "digest")
	} else {
		r.Error = anyWord.Draw(t, "error")
	}
	switch r.Outcome {
	case OK, Empty:
		r.Address = rapid.OneOf(rapid.Just(Digest("")), anyDigest).Draw(t, "address")
	case Partial:
		r.Problems, r.Met = []Problem{{anyWord.Draw(t, "path"), "x"}}, 7
	case Failed:
		r.Class = rapid.SampledFrom(allClasses).Draw(t, "class")
	}
	return r
})

var anyRequest = rapid.Custom(func(t *rapid.T) Request {
	return Request{
		V: WireVersion, Job: anyWord.Draw(t, "job"), Epoch: rapid.IntRange(1, 9).Draw(t, "epoch"),
		Target:   Target{ID: anyWord.Draw(t, "target"), Ref: anyJSON.Draw(t, "ref"), Slower: rapid.Float64Range(0, 1000).Draw(t, "slower")},
		Attached: map[string]provisioning.Known{"r": {Handle: anyWord.Draw(t, "handle")}},
		Categories: rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Category { return Category{anyWord.Draw(t, "category"), anyJSON.Draw(t, "config")} }),
			1, 5, func(c Category) string { return c.Name }).Draw(t, "categories"),
		Known:    rapid.SliceOfN(anyResult, 0, 4).Draw(t, "known"),
		Limits:   Limits{Items: rapid.IntRange(-1, 5).Draw(t, "items")},
		Progress: anyLength.Draw(t, "progress"), Until: anyTime.Draw(t, "until"),
	}
})

var anyReply = rapid.Custom(func(t *rapid.T) Reply {
	r := Reply{
		V: WireVersion, Agent: anyWord.Draw(t, "agent"), Job: anyWord.Draw(t, "job"), Epoch: 1, Seq: rapid.IntRange(1, 9).Draw(t, "seq"),
		Results: rapid.SliceOfNDistinct(anyResult, 0, 4, func(r Result) string { return r.Category }).Draw(t, "results"),
	}
	if r.Last = len(r.Results) == 0 || rapid.Bool().Draw(t, "last"); r.Last && rapid.Bool().Draw(t, "failed") {
		r.Error, r.Class, r.RetryAfter = anyWord.Draw(t, "error"), rapid.SampledFrom(allClasses).Draw(t, "class"), anyLength.Draw(t, "after")
	}
	return r
})

// TestRoundTrip: what is encoded comes back as it was.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		request := anyRequest.Draw(rt, "request")
		body, err := EncodeRequest(request)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := DecodeRequest(body)
		if diff := cmp.Diff(request, got, cmpopts.EquateEmpty(), asJSON); err != nil || diff != "" {
			rt.Fatalf("%v: %s", err, diff)
		}
		reply := anyReply.Draw(rt, "reply")
		if body, err = EncodeReply(reply); err != nil {
			rt.Fatal(err)
		}
		answer, err := DecodeReply(body)
		if diff := cmp.Diff(reply, answer, cmpopts.EquateEmpty()); err != nil || diff != "" {
			rt.Fatalf("%v: %s", err, diff)
		}
	})
}

// asJSON compares JSON by what it says: an encoder may write the same in another way.
var asJSON = cmp.FilterValues(func(a, b json.RawMessage) bool { return len(a)+len(b) > 0 }, cmp.Transformer("JSON", func(raw json.RawMessage) any {
	var v any
	_ = json.Unmarshal(raw, &v)
	return v
}))

// TestEncodersRefuse what no decoder takes, and cut what is too long.
func TestEncodersRefuse(t *testing.T) {
	t.Parallel()
	if _, err := EncodeRequest(Request{Job: "j"}); err == nil || err.Error() != "scan: request: epoch: it is 0; 1 or more is right" {
		t.Error(err)
	}
	if _, err := EncodeReply(Reply{Job: "j", Epoch: 1, Agent: "a"}); err == nil || err.Error() != "scan: reply: seq: it is 0; 1 or more is right" {
		t.Error(err)
	}
	long := Result{Category: "c", Outcome: Failed, Error: strings.Repeat("x\n", 5000), Met: 5000, Problems: make([]Problem, 5000)}
	for n := range long.Problems {
		long.Problems[n] = Problem{strings.Repeat("p", 5000), "text"}
	}
	before := len(long.Problems)
	reply := Reply{Job: "j", Epoch: 1, Agent: "a", Seq: 1, Results: []Result{long}}
	if _, err := EncodeReply(reply); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	reply.Results[0].Problems = reply.Results[0].Problems[:100]
	body, err := EncodeReply(reply)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeReply(body)
	if err != nil || len(got.Results[0].Error) > maxSentence || len(got.Results[0].Problems[0].Path) > maxProblemPath || got.Results[0].Met != before {
		t.Error(err, len(got.Results[0].Error), len(got.Results[0].Problems[0].Path))
	}
	if len(reply.Results[0].Error) != 10000 {
		t.Error("the encoder changed what it was given")
	}
}

// TestDecodersAllocs: a body of a megabyte costs some megabytes, whatever is in it.
func TestDecodersAllocs(t *testing.T) {
	for _, element := range []string{"{}", "null", "0", "[]", `""`} {
		list := "[" + strings.TrimSuffix(strings.Repeat(element+",", (MaxBody-1000)/(len(element)+1)), ",") + "]"
		for _, body := range []string{
			with(aRequest, `[{"name":"accounts"}]`, list), with(aRequest, "", `"known":`+list), with(aReply, "", `"results":`+list),
			replyWith(aResult, `"items":0`, `"items":0,"problems":`+list), with(aRequest, "", `"attached":`+list),
		} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = DecodeRequest([]byte(body))
			_, _ = DecodeReply([]byte(body))
			runtime.ReadMemStats(&after)
			if got, most := after.TotalAlloc-before.TotalAlloc, uint64(30*MaxBody); got > most {
				t.Errorf("%.150s… costs %d MB; at most %d are right", body, got>>20, most>>20)
			}
		}
	}
}

// FuzzDecodeRequest: nothing panics; what is understood can be written again, and then comes back as it is.
func FuzzDecodeRequest(f *testing.F) {
	for _, body := range []string{
		aRequest, with(aRequest, "", `"known":[`+okResult+`,`+aResult+`]`), `{"v":2}`, ``, `{"v":1,"categories":[{}],"known":[null]}`,
		with(aRequest, "", `"until":"2026-11-22T23:00:00.5+01:00","limits":{"items":-1},"attached":{"r":{"handle":"h","attributes":{"a":"b"}}}`),
		with(aRequest, `"accounts"`, `"accounts","config":{"a" : [1]}`),
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := DecodeRequest(body)
		if err != nil {
			checkDecodeError(t, err)
			return
		}
		once, err := EncodeRequest(r)
		if errors.Is(err, ErrTooLarge) {
			return
		}
		if err != nil {
			t.Fatalf("%+v was understood, and cannot be written: %v", r, err)
		}
		again, err := DecodeRequest(once)
		if err != nil {
			t.Fatalf("%s was written, and is not understood: %v", once, err)
		}
		if twice, err := EncodeRequest(again); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%v: %s and %s", err, once, twice)
		}
	})
}

// FuzzDecodeReply is the same for replies.
func FuzzDecodeReply(f *testing.F) {
	for _, body := range []string{
		aReply, replyWith(aResult, "x", ""), replyWith(okResult, "x", ""), replyWith(failedResult, "x", ""), `{"v":2}`, ``,
		with(aReply, "", `"error":"a\u0000b  c","class":"canceled","retry_after":5`),
		replyWith(failedResult, "", `"met":3,"problems":[{"path":"a","text":"b"},{}],"at":"2026-11-22T23:00:00Z"`),
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := DecodeReply(body)
		if err != nil {
			checkDecodeError(t, err)
			return
		}
		once, err := EncodeReply(r)
		if errors.Is(err, ErrTooLarge) {
			return
		}
		if err != nil {
			t.Fatalf("%+v was understood, and cannot be written: %v", r, err)
		}
		again, err := DecodeReply(once)
		if err != nil {
			t.Fatalf("%s was written, and is not understood: %v", once, err)
		}
		if twice, err := EncodeReply(again); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%v: %s and %s", err, once, twice)
		}
	})
}

func checkDecodeError(t *testing.T, err error) {
	t.Helper()
	if !strings.HasPrefix(err.Error(), "scan: re") || len(err.Error()) > 2000 {
		t.Fatalf("an error of %d bytes: %.200s", len(err.Error()), err)
	}
}
