package legacy_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/legacy"
)

// tricky are texts that YAML or Ruby could take for something else.
var tricky = []string{
	"y", "No", "on", "NULL", "~", "1", "0x1f", "0o17", "0b1", "1_000", "1e5", ".5", "1:30", "2001-01-01", "2001-01-01 00:00:00 Z", "true", ":symbol", "- a", "a: b", "a #b", "a:",
	"'", "\"", "a\"b", "<a b='c'/>", "<a b=\"c\"/>", "#", "&a", "*a", "!a", "|", ">", "%", "@", "`", "{a}", "[a]", "?", "=", "<<", "...", "---", " a", "a ", "\\", "ä", "中", "🐘",
	"1970-01-01 00:00:00 UTC", "job-1/2", ".inf", "-.INF", ".NaN", "-", "--- a", "a\\nb",
}

func texts() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(tricky), rapid.StringN(1, 20, 100), rapid.StringMatching(`[a-z0-9 :,#'"\[\]{}!&*<>|?%@=-]{1,12}`))
}

func words() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := strings.Map(func(r rune) rune {
			if r < ' ' || r >= 0x7f && r < 0xa0 {
				return -1
			}
			return r
		}, texts().Draw(t, "word"))
		return s + "x"[:map[bool]int{true: 1}[s == ""]]
	})
}

func seconds() *rapid.Generator[time.Time] {
	return rapid.Map(rapid.Int64Range(1, 4e9), func(n int64) time.Time { return time.Unix(n, 0).UTC() })
}

// Whatever is written is read as it was.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// A symbol in a list of categories is a text there.
		names := rapid.SliceOfN(rapid.Map(words(), func(s string) string { return "c" + s }), 1, 5)
		q := legacy.Request{Type: legacy.Extract, EC2ID: words().Draw(t, "ec2"), JobID: words().Draw(t, "job"), Categories: names.Draw(t, "categories")}
		if rapid.Bool().Draw(t, "control") {
			q = legacy.Request{Type: legacy.Reboot, ExtractorID: words().Draw(t, "extractor"), OriginalID: words().Draw(t, "original")}
		}
		trip(t, q, legacy.EncodeRequest, legacy.DecodeRequest)

		trip(t, legacy.Reply{Type: legacy.Extract, JobID: words().Draw(t, "job"), RequestID: words().Draw(t, "request")}, legacy.EncodeReply, legacy.DecodeReply)

		trip(t, legacy.ReplyObject{
			EC2ID: words().Draw(t, "ec2"), JobID: words().Draw(t, "job"), ExtractorID: words().Draw(t, "extractor"),
			Categories: rapid.MapOfN(rapid.StringMatching(`[a-z]\w{0,8}`), texts(), 0, 4).Draw(t, "documents"),
			Start:      seconds().Draw(t, "start"), End: seconds().Draw(t, "end"), Error: words().Draw(t, "error"),
		}, legacy.EncodeReplyObject, legacy.DecodeReplyObject)

		document := texts().Draw(t, "document")
		if got, err := legacy.Unpack(legacy.Pack(document)); err != nil || got != document {
			t.Fatalf("%q is packed and unpacked as %q, %v", document, got, err)
		}
	})
}

func trip[T any](t *rapid.T, value T, encode func(T) ([]byte, error), decode func([]byte) (T, error)) {
	body, err := encode(value)
	if err != nil {
		t.Fatalf("%+v: %v", value, err)
	}
	if got, err := decode(body); err != nil || !cmp.Equal(got, value) {
		t.Fatalf("%s\nis read as %v\n%s", body, err, cmp.Diff(value, got))
	}
}

// Summaries are XML, which cannot have all characters.
func TestSummaryRoundTrips(t *testing.T) {
	t.Parallel()
	plain := rapid.StringMatching(`[ -~äß中\n]{1,20}`)
	rapid.Check(t, func(t *rapid.T) {
		s := legacy.Summary{TaskID: rapid.StringMatching(`[ -~]{1,20}`).Draw(t, "task")}
		if rapid.Bool().Draw(t, "scan") {
			s.Scan = &legacy.ScanSummary{
				Start: seconds().Draw(t, "start"), End: seconds().Draw(t, "end"), Status: plain.Draw(t, "status"), Code: rapid.IntRange(0, 99).Draw(t, "code"),
				Message: plain.Draw(t, "message"), Documents: rapid.IntRange(0, 100).Draw(t, "documents"),
			}
		} else {
			s.Sync = &legacy.SyncSummary{At: seconds().Draw(t, "at"), Documents: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) legacy.SyncDocument {
				return legacy.SyncDocument{File: plain.Draw(t, "file"), Total: rapid.IntRange(0, 1e6).Draw(t, "total"), Selected: rapid.IntRange(0, 1e6).Draw(t, "selected")}
			}), 0, 5).Draw(t, "documents")}
		}
		document, err := legacy.EncodeSummary(s)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := legacy.DecodeSummary(document); err != nil || !cmp.Equal(got, s, cmpopts.EquateEmpty()) {
			t.Fatalf("%s\nis read as %v\n%s", document, err, cmp.Diff(s, got))
		}
	})
}

// Facts that agents tell of in full come back as they were.
func TestDocumentRoundTrips(t *testing.T) {
	t.Parallel()
	plain := rapid.StringMatching(`[!-~äß中]([ -~äß中]{0,10}[!-~äß中])?`)
	name := rapid.StringMatching(`[a-zA-Z0-9_.@<&'"-]{1,8}`)
	levels := rapid.SampledFrom([][]string{nil, {"2"}, {"2", "3"}})
	rapid.Check(t, func(t *rapid.T) {
		facts := map[string]map[string]any{}
		for _, c := range legacy.Categories() {
			facts[c] = map[string]any{}
		}
		for _, n := range rapid.SliceOfNDistinct(name, 0, 5, func(s string) string { return s }).Draw(t, "names") {
			id := rapid.Uint32().Draw(t, "id")
			facts["accounts"]["user/"+n] = inspect.User{Name: n, UID: id, Groups: levels.Draw(t, "groups"), Comment: plain.Draw(t, "comment"), Home: plain.Draw(t, "home"), Password: inspect.PasswordUnknown}
			facts["accounts"]["group/"+n] = inspect.Group{Name: n, GID: id, Members: levels.Draw(t, "members")}
			facts["services"]["unit/"+n+".service"] = inspect.Unit{File: "etc/" + n, Description: plain.Draw(t, "unit")}
			facts["services"]["init/"+n] = inspect.InitScript{File: "etc/" + n, Start: levels.Draw(t, "start"), Stop: levels.Draw(t, "stop")}
			facts["software"]["dpkg/"+n+":a"] = inspect.Package{Name: n, Arch: "a", Version: plain.Draw(t, "version"), Description: plain.Draw(t, "dpkg"), State: "installed"}
			facts["software"]["rpm/"+n+":a"] = legacy.RPM{Name: n, Arch: "a", Release: "1", Description: plain.Draw(t, "rpm")}
		}
		host := plain.Draw(t, "host")
		facts["system"]["hostname"] = inspect.Hostname{Name: host}
		facts["system"]["policy/PASS_MAX_DAYS"] = inspect.Policy{Value: plain.Draw(t, "policy")}
		for category, these := range facts {
			want := map[string]string{}
			for key, value := range these {
				v, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				want[key] = string(v)
			}
			document, err := legacy.Document(category, seq(want))
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			err = legacy.Items(category, document, func(key string, value any) error {
				v, err := json.Marshal(value)
				got[key] = string(v)
				return err
			}, func(_ string, err error) { t.Fatal(err) })
			if err != nil || !maps.Equal(got, want) {
				t.Fatalf("%s\nis read as %v\n%s", document, err, cmp.Diff(want, got))
			}
		}
	})
}
