package legacy_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/scan/legacy"
)

func golden(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

var (
	request = legacy.Request{
		Type: legacy.Extract, EC2ID: "i-0abc", JobID: "42", Categories: []string{"accounts", "services", "software", "system"},
	}
	shutdown      = legacy.Request{Type: legacy.Shutdown, ExtractorID: "i-0agent"}
	reply         = legacy.Reply{Type: legacy.Extract, JobID: "42", RequestID: "8f1c-sqs-message-id"}
	shutdownReply = legacy.Reply{Type: legacy.Shutdown, RequestID: "8f1c-sqs-message-id", ExtractorID: "i-0agent"}
	terse         = legacy.Reply{Type: legacy.Extract, RequestID: "8f1c-sqs-message-id"}
	exitReply     = legacy.Reply{Type: legacy.Exit, ExtractorID: "i-0agent"}
	object        = legacy.ReplyObject{
		EC2ID: "i-0abc", JobID: "42", ExtractorID: "i-0agent", Categories: map[string]string{"accounts": "<miq><accounts/></miq>"},
		Start: time.Unix(0, 0).UTC(), End: time.Unix(60, 0).UTC(),
	}
	failedObject = legacy.ReplyObject{
		EC2ID: "i-0abc", JobID: "42", ExtractorID: "i-0agent", Categories: map[string]string{},
		Start: time.Unix(0, 0).UTC(), End: time.Unix(60, 0).UTC(), Error: "Unable to mount the root volume",
	}
	scanned = legacy.Summary{TaskID: "8c1f7a52-guid", Scan: &legacy.ScanSummary{
		Start: time.Unix(0, 0).UTC(), End: time.Unix(60, 0).UTC(), Status: "Error", Code: legacy.StatusPartial, Message: "software: it failed", Documents: 2,
	}}
	synced = legacy.Summary{TaskID: "8c1f7a52-guid", Sync: &legacy.SyncSummary{
		At: time.Unix(60, 0).UTC(), Documents: []legacy.SyncDocument{{File: "accounts", Total: 3, Selected: 3}, {File: "services"}},
	}}
)

// What is written is byte by byte what the original writes, and is read as it was.
func TestGolden(t *testing.T) {
	t.Parallel()
	check[legacy.Request](t, "request.yaml", request, legacy.EncodeRequest, legacy.DecodeRequest)
	check[legacy.Request](t, "request-shutdown.yaml", shutdown, legacy.EncodeRequest, legacy.DecodeRequest)
	check[legacy.Reply](t, "reply.yaml", reply, legacy.EncodeReply, legacy.DecodeReply)
	check[legacy.Reply](t, "reply-shutdown.yaml", shutdownReply, legacy.EncodeReply, legacy.DecodeReply)
	check[legacy.Reply](t, "reply-terse.yaml", terse, legacy.EncodeReply, legacy.DecodeReply)
	check[legacy.Reply](t, "reply-exit.yaml", exitReply, legacy.EncodeReply, legacy.DecodeReply)
	check[legacy.ReplyObject](t, "object.yaml", object, legacy.EncodeReplyObject, legacy.DecodeReplyObject)
	check[legacy.ReplyObject](t, "object-failed.yaml", failedObject, legacy.EncodeReplyObject, legacy.DecodeReplyObject)
	encode := func(s legacy.Summary) ([]byte, error) { d, err := legacy.EncodeSummary(s); return []byte(d), err }
	decode := func(d []byte) (legacy.Summary, error) { return legacy.DecodeSummary(string(d)) }
	check[legacy.Summary](t, "summary-scan.xml", scanned, encode, decode)
	check[legacy.Summary](t, "summary-sync.xml", synced, encode, decode)
}

func check[T any](t *testing.T, file string, value T, encode func(T) ([]byte, error), decode func([]byte) (T, error)) {
	t.Helper()
	want := golden(t, file)
	if got, err := encode(value); err != nil || string(got) != want {
		t.Errorf("%s: written is %v\n%s", file, err, cmp.Diff(want, string(got)))
	}
	if got, err := decode([]byte(want)); err != nil || !cmp.Equal(got, value) {
		t.Errorf("%s: read is %v\n%s", file, err, cmp.Diff(value, got))
	}
}

// The same compressor is not everywhere, so that packed documents are the same only when they are unpacked. This one is zlib's own.
func TestUnpackGolden(t *testing.T) {
	t.Parallel()
	want := golden(t, "summary-scan.xml")
	packed := golden(t, "summary-scan.b64")
	if got, err := legacy.Unpack(packed); err != nil || got != want {
		t.Errorf("%q is unpacked as %q, %v", packed, got, err)
	}
	if got, err := legacy.Unpack(legacy.Pack(want)); err != nil || got != want {
		t.Errorf("what was packed is unpacked as %q, %v", got, err)
	}
}

// Other programs write the same in other ways.
func TestOtherWays(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"categories: [accounts, services, software, system]\njob_id: '42'\nec2_id: i-0abc\nrequest_type: extract\n",
		"{\"request_type\": \":extract\", \"job_id\": 42, \"ec2_id\": \"i-0abc\", \"categories\": [\":accounts\", \"services\", \"software\", \"system\"]}",
		"--- # a comment\n:unknown:\n  :nested: [1, {a: ~}]\n:categories:\n  - :accounts\n  - services\n  - software\n  - system\n:job_id: \"42\"\n" +
			":ec2_id: >-\n  i-0abc\n:request_type: extract\n...\n",
	} {
		if got, err := legacy.DecodeRequest([]byte(body)); err != nil || !cmp.Equal(got, request) {
			t.Errorf("%s\nis read as %v\n%s", body, err, cmp.Diff(request, got))
		}
	}
	for _, body := range []string{
		"reply_type: extract\njob_id: 42\nec2_id: i-0abc\nextractor_id: i-0agent\nstart_time: 1970-01-01 00:00:00.000000000 Z\nend_time: 1970-01-01T00:01:00Z\n" +
			"categories:\n  accounts: |-\n    <miq><accounts/></miq>\n",
		"reply_type: extract\njob_id: 42\nec2_id: i-0abc\nextractor_id: i-0agent\nstart_time: 1970-01-01 01:00:00 +0100\nend_time: 1970-01-01 00:01:00.0 Z\n" +
			"error:\ncategories:\n  :accounts: !binary |-\n    PG1pcT48YWNjb3\n    VudHMvPjwvbWlxPg==\n",
	} {
		if got, err := legacy.DecodeReplyObject([]byte(body)); err != nil || !cmp.Equal(got, object) {
			t.Errorf("%s\nis read as %v\n%s", body, err, cmp.Diff(object, got))
		}
	}
}
