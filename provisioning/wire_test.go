package provisioning

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// writeSaid is the other side: how a provisioner outside writes what is read here.
func writeSaid(t interface{ Fatal(args ...any) }, s said) []byte {
	out := map[string]any{"state": s.Answer.State}
	put := func(name string, value any, given bool) {
		if given {
			out[name] = value
		}
	}
	put("id", s.ID, s.ID != "")
	put("handle", s.Answer.Handle, s.Answer.Handle != "")
	put("attributes", s.Answer.Attributes, s.Answer.Attributes != nil)
	put("progress", s.Answer.Progress, s.Answer.Progress != "")
	put("again", s.Answer.Again.String(), s.Answer.Again != 0)
	put("within", s.Answer.Within.String(), s.Answer.Within != 0)
	secrets := map[string]any{}
	for name, of := range s.Answer.Secrets {
		secret := map[string]any{"value": string(of.Value)}
		if !utf8.Valid(of.Value) {
			secret = map[string]any{"value": base64.StdEncoding.EncodeToString(of.Value), "base64": true}
		}
		if !of.Expires.IsZero() {
			secret["expires"] = of.Expires.Format(time.RFC3339Nano)
		}
		secrets[name] = secret
	}
	put("secrets", secrets, s.Answer.Secrets != nil)
	if s.Err != nil {
		out["state"], out["error"] = "failed", s.Err.Error()
		if retry, ok := errors.AsType[*RetryError](s.Err); ok {
			out["retryable"] = true
			put("retry_after", retry.After.String(), retry.After != 0)
		}
	}
	body, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// sameSaid compares classes and texts of errors.
var sameSaid = cmp.Options{
	cmp.Transformer("Secret", func(s Secret) [2]string { return [2]string{string(s.Value), s.Expires.String()} }),
	cmp.Transformer("error", func(err error) reply {
		if err == nil {
			return reply{}
		}
		return failure(err)
	}),
}

func anySaid() *rapid.Generator[said] {
	return rapid.Custom(func(t *rapid.T) said {
		name := rapid.StringMatching(`[ -~ü…\x{1F600}]{0,20}`)
		printed := rapid.StringMatching(`[!-~ü][ -~ü…\x{1F600}]{0,40}`)
		wait := rapid.Custom(func(t *rapid.T) time.Duration { return time.Duration(rapid.Int64Min(0).Draw(t, "wait")) })
		s := said{ID: rapid.StringMatching(`[!-~]{0,20}`).Draw(t, "id")}
		switch rapid.IntRange(0, 3).Draw(t, "state") {
		case 0:
			s.Err = Fatal(errors.New(printed.Draw(t, "error")))
			return s
		case 1:
			s.Err = Retry(wait.Draw(t, "after"), errors.New(printed.Draw(t, "error")))
			return s
		case 2:
			s.Answer.State, s.Answer.Again, s.Answer.Within = InProgress, wait.Draw(t, "again"), wait.Draw(t, "within")
		}
		s.Answer.Handle = rapid.String().Draw(t, "handle")
		s.Answer.Progress = rapid.OneOf(rapid.Just(""), printed).Draw(t, "progress")
		if rapid.Bool().Draw(t, "attributes?") {
			s.Answer.Attributes = rapid.MapOfN(name, rapid.String(), 0, 5).Draw(t, "attributes")
		}
		if rapid.Bool().Draw(t, "secrets?") {
			s.Answer.Secrets = rapid.MapOfN(name, rapid.Custom(func(t *rapid.T) Secret {
				value := rapid.SliceOfN(rapid.Byte(), 0, 30).Draw(t, "value")
				if rapid.Bool().Draw(t, "text?") {
					value = []byte(rapid.String().Draw(t, "value"))
				}
				var expires time.Time
				if rapid.Bool().Draw(t, "expires?") {
					expires = time.Unix(rapid.Int64Range(0, 1<<37).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC()
				}
				return Secret{value, expires}
			}), 0, 3).Draw(t, "secrets")
		}
		return s
	})
}

// What is written on one side is read on the other as it was.
func TestSaidRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := anySaid().Draw(t, "said")
		body := writeSaid(t, want)
		got, wrong := readSaid(body, false)
		if wrong != nil {
			t.Fatalf("%v in %s", wrong, body)
		}
		if diff := cmp.Diff(want, got, sameSaid); diff != "" {
			t.Fatalf("read (-want +got):\n%s\nfrom %s", diff, body)
		}
	})
}

func TestSaidForms(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]said{
		`{"state":"done"}`: {},
		` {"state":"done","handle":"h","attributes":{},"secrets":{}} `:     {Answer: Answer{Handle: "h", Attributes: map[string]string{}, Secrets: Secrets{}}},
		`{"state":"in-progress","again":90,"within":"1.5h"}`:               {Answer: Answer{State: InProgress, Again: 90 * time.Second, Within: 90 * time.Minute}},
		`{"state":"in-progress","again":0,"progress":"a\nb\u202ec\u0000"}`: {Answer: Answer{State: InProgress, Progress: "a b c "}},
		`{"state":"missing"}`:                                                       {Answer: Answer{State: Missing}},
		`{"state":"failed","error":"no space","id":"7"}`:                            {ID: "7", Err: Fatal(errors.New("no space"))},
		`{"state":"failed","error":"no space","retryable":false}`:                   {Err: Fatal(errors.New("no space"))},
		`{"state":"failed","error":"no space","retryable":true}`:                    {Err: Retry(0, errors.New("no space"))},
		`{"state":"failed","error":"no space","retryable":true,"retry_after":"1m"}`: {Err: Retry(time.Minute, errors.New("no space"))},
		`{"state":"done","secrets":{"a":{"value":"_w=="},"b":{"value":"/w==","base64":true,"expires":"2030-01-02T03:04:05+01:00"}}}`: {Answer: Answer{Secrets: Secrets{
			"a": {Value: []byte("_w==")}, "b": {[]byte{0xff}, time.Date(2030, 1, 2, 2, 4, 5, 0, time.UTC)},
		}}},
		`{"state":"done","handle":"\ud83d\ude00 \\ud800 \\\ud83d\ude00"}`:         {Answer: Answer{Handle: `😀 \ud800 \😀`}},
		`{"state":"failed","error":"` + strings.Repeat("x", maxSentence+1) + `"}`: {Err: Fatal(errors.New(strings.Repeat("x", maxSentence-3) + "…"))},
	} {
		got, wrong := readSaid([]byte(body), true)
		if wrong != nil {
			t.Errorf("%v in %s", wrong, body)
		}
		if diff := cmp.Diff(want, got, sameSaid); diff != "" {
			t.Errorf("read (-want +got):\n%s\nfrom %s", diff, body)
		}
	}
}

// canary stands wherever a secret could. It must be in no error.
const canary = "canary-5f0c"

func TestSaidRefuses(t *testing.T) {
	t.Parallel()
	const (
		form     = `a text like "30s" or "1h30m" is right, or whole seconds; neither may be negative`
		noState  = `one of "done", "in-progress", "failed" is right`
		noJSON   = `it is no JSON, from byte %d on; one object is right`
		notUTF8  = `it has a text that is not UTF-8; write such a secret in base64`
		noBase64 = `its value is not base64, as its field "base64" says; the standard alphabet with padding is right`
	)
	for body, want := range map[string]wireError{
		`{}`:                                       {"state", noState},
		`{"state":"CANARY"}`:                       {"state", noState},
		`{"state":"Done"}`:                         {"state", noState},
		`{"state":"missing"}`:                      {"state", noState},
		`{"state":null}`:                           {"state", "a text is right"},
		`{"state":"done","handel":"CANARY"}`:       {"handel", `there is no such field; one of "id", "state", "handle", "attributes", "secrets", "progress", "again", "within", "error", "retryable", "retry_after" is right`},
		`{"state":"done","Handle":"CANARY"}`:       {"Handle", `there is no such field; one of "id", "state", "handle", "attributes", "secrets", "progress", "again", "within", "error", "retryable", "retry_after" is right`},
		`{"state":"done","state":"done"}`:          {"state", "it stands twice; once is right"},
		`{"state":"done","attributes":{"size":5}}`: {"attributes.size", "a text is right"},
		`{"state":"done","attributes":{"a.b":{}}}`: {`attributes["a.b"]`, "a text is right"},
		`{"state":"done","attributes":["CANARY"]}`: {"attributes", "an object is right"},
		`{"state":"done","attributes":null}`:       {"attributes", "an object is right"},
		`{"state":"done","attributes":{"a":"CANARY","\u0061":"CANARY"}}`:             {"attributes.a", "it stands twice; once is right"},
		`{"state":"done","secrets":{"p":"CANARY"}}`:                                  {"secrets.p", "an object is right"},
		`{"state":"done","secrets":{"p":{}}}`:                                        {"secrets.p", `an object with a "value" is right`},
		`{"state":"done","secrets":{"p":{"value":["CANARY"]}}}`:                      {"secrets.p.value", "a text is right"},
		`{"state":"done","secrets":{"p":{"value":"CANARY","base64":"CANARY"}}}`:      {"secrets.p.base64", "true or false is right"},
		`{"state":"done","secrets":{"p":{"value":"CANARY!","base64":true}}}`:         {"secrets.p", noBase64},
		`{"state":"done","secrets":{"p":{"value":"/x==","base64":true}}}`:            {"secrets.p", noBase64},
		`{"state":"done","secrets":{"p":{"value":"CANARY","expires":"CANARY"}}}`:     {"secrets.p.expires", `a time like "2006-01-02T15:04:05Z" is right`},
		`{"state":"done","secrets":{"p":{"value":"CANARY","expires":1767225600}}}`:   {"secrets.p.expires", "a text is right"},
		`{"state":"done","secrets":{"p":{"value":"CANARY","until":"CANARY"}}}`:       {"secrets.p.until", `there is no such field; one of "value", "base64", "expires" is right`},
		`{"state":"done","secrets":{"p":{"value":"CANARY"},"p":{"value":"CANARY"}}}`: {"secrets.p", "it stands twice; once is right"},
		`{"state":"in-progress","again":"CANARY"}`:                                   {"again", form},
		`{"state":"in-progress","again":"-1s"}`:                                      {"again", form},
		`{"state":"in-progress","again":-1}`:                                         {"again", form},
		`{"state":"in-progress","again":1.5}`:                                        {"again", form},
		`{"state":"in-progress","again":1e99999}`:                                    {"again", form},
		`{"state":"in-progress","within":9223372037}`:                                {"within", form},
		`{"state":"in-progress","within":true}`:                                      {"within", form},
		`{"state":"in-progress","error":"CANARY"}`:                                   {"error", `it does not go with the state "in-progress"; with "failed" it does`},
		`{"state":"in-progress","retryable":true}`:                                   {"retryable", `it does not go with the state "in-progress"; with "failed" it does`},
		`{"state":"done","again":"1s"}`:                                              {"again", `it does not go with the state "done"; with "in-progress" it does`},
		`{"state":"failed","error":"CANARY","secrets":{"p":{"value":"CANARY"}}}`:     {"secrets", `it does not go with the state "failed"; with "done", "in-progress" it does`},
		`{"state":"failed"}`:                                                                  {"error", "a failure needs a text that says why"},
		`{"state":"failed","error":" \n"}`:                                                    {"error", "a failure needs a text that says why"},
		`{"state":"failed","error":"CANARY","retry_after":"1s"}`:                              {"retry_after", `it goes with "retryable": true alone`},
		`{"state":"failed","error":"CANARY","retryable":false,"retry_after":"1s"}`:            {"retry_after", `it goes with "retryable": true alone`},
		`{"state":"failed","error":"CANARY","retryable":"CANARY"}`:                            {"retryable", "true or false is right"},
		`{"id":"","state":"done"}`:                                                            {"id", "a text of 1 to 255 bytes without control characters is right"},
		`{"id":"CANARY\u0000","state":"done"}`:                                                {"id", "a text of 1 to 255 bytes without control characters is right"},
		`{"id":"` + strings.Repeat("x", 256) + `","state":"done"}`:                            {"id", "a text of 1 to 255 bytes without control characters is right"},
		`{"state":"done","handle":"` + strings.Repeat("x", MaxHandle+1) + `"}`:                {"", "the handle has 4099 bytes; at most 4096 are right"},
		`{"state":"done","` + strings.Repeat("x", 10_000) + `":"CANARY"}`:                     {`["` + strings.Repeat("x", 80) + `"]`, `there is no such field; one of "id", "state", "handle", "attributes", "secrets", "progress", "again", "within", "error", "retryable", "retry_after" is right`},
		`{"state":"done","handle":` + strings.Repeat("[", 100_000):                            {"", fmt.Sprintf(noJSON, 10_025)},
		`{"state":"done","handle":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `}`: {"handle", "a text is right"},
		`["CANARY"]`:                          {"", "an object is right"},
		`null`:                                {"", "an object is right"},
		`CANARY`:                              {"", fmt.Sprintf(noJSON, 1)},
		``:                                    {"", fmt.Sprintf(noJSON, 0)},
		`{"state":"done"} {"state":"CANARY"}`: {"", fmt.Sprintf(noJSON, 18)},
		`{"state":"done","handle":"CANARY`:    {"", fmt.Sprintf(noJSON, 37)},
		`{"state":"done",}`:                   {"", fmt.Sprintf(noJSON, 17)},
		"{\"state\":\"done\",\"handle\":\"\xff\"}":                        {"", notUTF8},
		`{"state":"done","handle":"\ud83d CANARY"}`:                       {"", notUTF8},
		`{"state":"done","secrets":{"p":{"value":"\ude00\ud83dCANARY"}}}`: {"", notUTF8},
		`{"state":"done","handle":"\ud83d\ud83d\ude00"}`:                  {"", notUTF8},
	} {
		got, wrong := readSaid([]byte(strings.ReplaceAll(body, "CANARY", canary)), false)
		if wrong == nil {
			t.Errorf("%.200s is accepted as %+v", body, got)
			continue
		}
		if *wrong != want {
			t.Errorf("%.200s\ngot  %+v\nwant %+v", body, *wrong, want)
		}
		if strings.Contains(wrong.Error(), canary) {
			t.Errorf("the error shows a value: %v", wrong)
		}
	}
}

func TestCallOnTheWire(t *testing.T) {
	t.Parallel()
	got, err := writeCall(Ensure, &Call{
		Request: "r", Resource: "b", Type: "bucket", Goal: Present, Key: "k", Generation: 2, Operation: "o", Attempt: 3, Fence: 7,
		Config: json.RawMessage(`{"size":5}`), Handle: "h",
		After:    map[string]Known{"a": {Handle: "n", Attributes: map[string]string{"zone": "z"}, Secrets: &SecretKey{"r", "a", 1}}},
		Callback: Callback{URL: "https://control.example.com/r/b/o", Token: Token{"t"}},
	})
	want := `{"do":"ensure","request":"r","resource":"b","type":"bucket","goal":"present","operation":"o","attempt":3,"key":"k","generation":2,"fence":7,` +
		`"config":{"size":5},"handle":"h","after":{"a":{"handle":"n","attributes":{"zone":"z"},"secrets":{"request":"r","resource":"a","generation":1}}},` +
		`"callback":{"url":"https://control.example.com/r/b/o","token":"t"}}`
	if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
		t.Errorf("%v; written (-want +got):\n%s", err, diff)
	}
	got, err = writeCall(Find, &Call{Request: "r", Goal: Absent, Callback: Callback{Token: Token{canary}}})
	want = `{"do":"find","request":"r","resource":"","type":"","goal":"absent","operation":"","attempt":0,"key":"","generation":0,"fence":0}`
	if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
		t.Errorf("%v; written (-want +got):\n%s", err, diff)
	}
}

// FuzzReadSaid: reading never panics, what is accepted is one JSON object within the limits, and it comes back as it was.
func FuzzReadSaid(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte, find bool) {
		s, wrong := readSaid(body, find)
		if wrong != nil {
			if wrong.Text == "" || len(wrong.Error()) > 1000 || !utf8.ValidString(wrong.Error()) {
				t.Errorf("got the error %q", wrong)
			}
			return
		}
		if err := s.Answer.Check(); err != nil || !json.Valid(body) || s.Answer.State == Missing && !find {
			t.Errorf("accepted %q: %+v, %v", body, s, err)
		}
		again, wrong := readSaid(writeSaid(t, s), find)
		if wrong != nil {
			t.Fatal(wrong)
		}
		if diff := cmp.Diff(s, again, sameSaid); diff != "" {
			t.Errorf("read back (-want +got):\n%s", diff)
		}
	})
}
