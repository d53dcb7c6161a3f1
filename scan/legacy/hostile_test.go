package legacy_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/scan/legacy"
)

// What is no message is refused, with what is wrong and what would be right.
func TestHostileYAML(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x,x,x,x,x,x,x,x]\n"
	for i := range 8 {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", 'b'+i, 'b'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i)
	}
	reply := "job_id: 42\nrequest_id: x\nreply_type: extract\n"
	for _, c := range []struct{ name, body, says string }{
		{"nothing", "", "empty; a mapping is right"},
		{"a list", "- a", "all of it: it is a list; a mapping is right"},
		{"no YAML", "a: [", "it is no YAML"},
		{"NUL", "a: \x00", "it is no YAML"},
		{"no UTF-8", reply + "x: \xff\xfe", "it is no YAML"},
		{"a bomb of aliases", reply + bomb, "line 4: there is an anchor or an alias; plain values are right"},
		{"an anchor", reply + "x: &a 1", "there is an anchor or an alias"},
		{"itself", "&a [*a]", "there is an anchor or an alias"},
		{"an object of Ruby", reply + "x: !ruby/object:Gem::Installer\n  i: x\n", `line 4: there is the tag "!ruby/object:Gem::Installer"; plain values are right`},
		{"a struct of Ruby", "--- !ruby/struct:A\njob_id: 1\n", "there is the tag"},
		{"a regexp of Ruby", reply + "x: !ruby/regexp /a/\n", "there is the tag"},
		{"a tag of YAML", "job_id: !!str 42\n", `there is the tag "!!str"`},
		{"a merge", reply + "<<: {a: 1}\n", "there is the tag \"!!merge\""},
		{"depth", reply + "x: " + strings.Repeat("[", 9) + strings.Repeat("]", 9), "nested more than 8 deep; less is right"},
		{"great depth", reply + "x: " + strings.Repeat("[", 100_000), "no YAML: "},
		{"values without end", reply + "x: [" + strings.Repeat("a,", 120_000) + "]", ""},
		{"size", reply + "x: " + strings.Repeat("x", 256<<10), "at most 262144 are right"},
		{"a key twice", ":job_id: 1\njob_id: 2\n", `the key "job_id" is there twice; once is right`},
		{"a key that is a list", "? [a]\n: b\n", "a key is a list; a text is right"},
		{"a job that is a list", "job_id: [1]\nrequest_id: x\nreply_type: extract\n", "job_id: it is a list; a text is right"},
		{"no job", "request_id: x\nreply_type: extract\n", ""}, // its object has one
		{"no request", "job_id: 1\nreply_type: extract\n", `request_id: it is ""; a text of 1 to 512 bytes without control characters is right`},
		{"a null request", "request_id: ~\nreply_type: extract\n", `request_id: it is ""`},
		{"no agent", "request_id: x\nreply_type: exit\n", `extractor_id: it is ""`},
		{"a job with control characters", "job_id: \"a\\x07\"\nrequest_id: x\nreply_type: extract\n", `job_id: it is "a\a"`},
		{"a long job", "job_id: " + strings.Repeat("1", 600) + "\nrequest_id: x\nreply_type: extract\n", "job_id: it is "},
		{"another type", "job_id: 1\nrequest_id: x\nreply_type: explode\n", `reply_type: it is "explode"; extract, exit, reboot or shutdown is right`},
		{"no base64", "job_id: !binary '****'\nrequest_id: x\nreply_type: extract\n", "job_id: it is not base64"},
		{"a reply of the new agents", `{"v":1,"agent":"a","job":"j","epoch":1,"seq":1,"last":true}`, "reply_type"},
	} {
		_, err := legacy.DecodeReply([]byte(c.body))
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: it is %v, want … %s …", c.name, err, c.says)
		case err != nil && len(err.Error()) > 500:
			t.Errorf("%s: the error has %d bytes", c.name, len(err.Error()))
		}
	}
}

func TestHostileObjects(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, says string }{
		{"size", "x: " + strings.Repeat("x", legacy.MaxObject), "at most 16777216 are right"},
		{"values without end", "x: [" + strings.Repeat("a,", 300_000) + "]", "it may have 300002 values; at most 262144 are right"},
		{"lists in lists", strings.Repeat("- ", 300_000), "values; at most 262144 are right"},
		{"another type", "reply_type: exit\njob_id: 1\n", `reply_type: it is "exit"; extract is right`},
		{"categories that are a list", "reply_type: extract\njob_id: 1\ncategories: [a]\n", "categories: it is a list; a mapping is right"},
		{"a category that is a list", "reply_type: extract\njob_id: 1\ncategories: {accounts: [a]}\n", `categories["accounts"]: it is a list; a text is right`},
		{"a long name that is a list", "reply_type: extract\njob_id: 1\ncategories:\n  ? " + strings.Repeat("a", 10_000) + "\n  : [a]\n", "it is a list; a text is right"},
		{"a long name", "reply_type: extract\njob_id: 1\ncategories:\n  ? " + strings.Repeat("a", 10_000) + "\n  : a\n", "letters, digits and _ are right"},
		{"a category with a path", "reply_type: extract\njob_id: 1\ncategories: {../x: a}\n", `one is called "../x"; letters, digits and _ are right`},
		{"no time", "reply_type: extract\njob_id: 1\nstart_time: soon\n", `start_time: it is "soon"; a time like "2006-01-02 15:04:05 UTC" is right`},
		{"no job", "reply_type: extract\n", "job_id: it is"},
	} {
		_, err := legacy.DecodeReplyObject([]byte(c.body))
		if err == nil || !strings.Contains(err.Error(), c.says) || len(err.Error()) > 500 {
			t.Errorf("%s: it is %v, want … %s …", c.name, err, c.says)
		}
	}
}

func TestHostileXML(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, document, says string }{
		{"nothing", "", `there is no element "accounts" within "miq"; one is right, an empty one if there is nothing of the kind`},
		{"nothing but the root", "<miq/>", `there is no element "accounts" within "miq"`},
		{"another category", "<miq><software/></miq>", `there is no element "accounts"`},
		{"another root", "<a/>", `there is the element "a" on top; one element "miq" is right`},
		{"two roots", "<miq><accounts/></miq><miq/>", "one element \"miq\" is right"},
		{"no XML", "<miq><accounts></miq>", "it is no XML"},
		{"an end that is missing", "<miq><accounts>", "it is no XML"},
		{"a DOCTYPE", "<!DOCTYPE miq [<!ENTITY a 'b'>]><miq><accounts/></miq>", "a DOCTYPE or another declaration"},
		{"an entity", "<miq><accounts>&lol;</accounts></miq>", "invalid character entity"},
		{"an outer entity", "<!DOCTYPE miq SYSTEM 'file:///etc/passwd'><miq/>", "a DOCTYPE or another declaration"},
		{"another encoding", "<?xml version='1.0' encoding='UTF-7'?><miq/>", `it is said to be in "UTF-7"; UTF-8 is right`},
		{"depth", "<miq>" + strings.Repeat("<a>", 1_000_000), "nested more than 32 deep"},
		{"attributes without end", "<miq><accounts " + strings.Repeat("a='' ", 60_000) + "/></miq>", "a tag or a text in it has 300011 bytes; at most 262144 are right"},
		{"groups without end", "<miq><accounts><users><user name='a' userid='1'>" + strings.Repeat("<a/>", 50_001) + "</user></users></accounts></miq>", "more than 50000 others in it"},
		{"size", strings.Repeat(" <", legacy.MaxDocument/2) + "<", "at most 16777216 are right"},
		{"a NUL", "<miq><accounts>\x00</accounts></miq>", "it is no XML"},
		{"no UTF-8", "<miq><accounts>\xff</accounts></miq>", "it is no XML"},
	} {
		err := legacy.Items("accounts", c.document, func(string, any) error { return nil }, func(string, error) {})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: it is %v, want … %s …", c.name, err, c.says)
		}
	}
	if err := legacy.Items("registry", "<miq/>", nil, nil); err == nil || !strings.Contains(err.Error(), `["accounts" "services" "software" "system"] are right`) {
		t.Errorf("a category that there is not: %v", err)
	}
}

func TestHostileSummaries(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ document, says string }{
		{"<summary taskid='a'/>", "neither scanmetadata nor syncmetadata"},
		{"<summary taskid='a'><scanmetadata/><syncmetadata/></summary>", "there are several of scanmetadata and syncmetadata"},
		{"<summary><scanmetadata/></summary>", `taskid: it is ""`},
		{"<summary taskid='a'><scanmetadata status_code='x'/></summary>", `status_code: it is "x"; a number, 0 or more, is right`},
		{"<summary taskid='a'><scanmetadata status_code='-1'/></summary>", `status_code: it is "-1"`},
		{"<summary taskid='a'><scanmetadata start_time='x'/></summary>", `start_time: it is "x"; a time like`},
		{"<summary taskid='a'><syncmetadata><vmmetadata items_total='99999999999999999999'/></syncmetadata></summary>", "items_total"},
		{"<summary taskid='a'><syncmetadata>" + strings.Repeat("<a/>", 101) + "</syncmetadata></summary>", "there are 101 documents; at most 100"},
		{"<summary taskid='a'><scanmetadata/></summary><summary taskid='a'/>", "one element \"summary\" is right"},
		{"<!DOCTYPE a><summary/>", "DOCTYPE"},
	} {
		_, err := legacy.DecodeSummary(c.document)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.100s: it is %v, want … %s …", c.document, err, c.says)
		}
	}
}

func TestHostilePacks(t *testing.T) {
	t.Parallel()
	pack := func(size int) string {
		var b bytes.Buffer
		z := zlib.NewWriter(&b)
		chunk := make([]byte, 1<<20)
		for range size {
			_, _ = z.Write(chunk)
		}
		_ = z.Close()
		return base64.StdEncoding.EncodeToString(b.Bytes())
	}
	good := legacy.Pack(strings.Repeat("abcdefghijklmnop", 100))
	for _, c := range []struct{ name, packed, says string }{
		{"nothing", "", "does not begin as base64 of zlib"},
		{"no base64", "****", "does not begin as base64 of zlib"},
		{"no zlib", base64.StdEncoding.EncodeToString([]byte("hello, world")), "does not begin as base64 of zlib"},
		{"a bomb", pack(17), "the document has more than 16777216 bytes; at most so many are right"},
		{"half of it", good[:len(good)/2], "it is broken after"},
		{"size", strings.Repeat("A", legacy.MaxDocument+1), "at most 16777216 are right"},
		{"another sum", base64.StdEncoding.EncodeToString(append(decoded(t, good)[:len(decoded(t, good))-1], 0)), "it is broken after"},
	} {
		_, err := legacy.Unpack(c.packed)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: it is %v, want … %s …", c.name, err, c.says)
		}
	}
	if d, err := legacy.Unpack(pack(16)); err != nil || len(d) != legacy.MaxDocument {
		t.Errorf("the largest document: %d bytes, %v", len(d), err)
	}
}

func decoded(t *testing.T, packed string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(packed), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What cannot be understood is not written either.
func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		says   string
		encode func() error
	}{
		{"request_type", func() error { _, err := legacy.EncodeRequest(legacy.Request{}); return err }},
		{"categories", func() error {
			_, err := legacy.EncodeRequest(legacy.Request{Type: legacy.Extract, EC2ID: "i", JobID: "1"})
			return err
		}},
		{"ec2_id", func() error {
			_, err := legacy.EncodeRequest(legacy.Request{Type: legacy.Extract, JobID: "1", Categories: []string{"a"}})
			return err
		}},
		{"extractor_id", func() error { _, err := legacy.EncodeRequest(legacy.Request{Type: legacy.Exit}); return err }},
		{"request_id", func() error { _, err := legacy.EncodeReply(legacy.Reply{Type: legacy.Extract, JobID: "1"}); return err }},
		{"job_id", func() error { _, err := legacy.EncodeReplyObject(legacy.ReplyObject{}); return err }},
		{"taskid", func() error { _, err := legacy.EncodeSummary(legacy.Summary{Scan: &legacy.ScanSummary{}}); return err }},
	} {
		if err := c.encode(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("it is %v, want … %s …", err, c.says)
		}
	}
}
