package aws_test

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/aws"
)

// What passes as a claim can be asked for, and is no more than may be read.
func FuzzClaim(f *testing.F) {
	f.Add(`{"digest":"` + string(scan.DigestOf(nil)) + `","size":27}`)
	f.Add(`{"digest":"sha256:../../x","size":-1}`)
	f.Add(`{"digest":"` + string(scan.DigestOf(nil)) + `","size":1e9}`)
	f.Add(`[{}]`)
	f.Fuzz(func(t *testing.T, text string) {
		digest, size, err := aws.Claim(text)
		if err == nil && (scan.Digest(digest).Check() != nil || size < 1 || size > aws.MostBody || len(text) > 1024) {
			t.Errorf("%q is a claim on %d bytes of %q", text, size, digest)
		}
	})
}

// Whatever is packed is a text that SQS takes, and is unpacked as it was.
func FuzzBody(f *testing.F) {
	for _, body := range []string{"", "{}", "\x00", "=", "a\r\nb", "\xff", "\uffff", "\ufffd", "ü"} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		text, encoding := aws.Pack(body)
		got, err := aws.Unpack(text, encoding)
		if !bytes.Equal(got, body) || err != nil {
			t.Errorf("%q is packed as %q and unpacked as %q, %v", body, text, got, err)
		}
		if text == "" || !utf8.ValidString(text) || bytes.ContainsAny([]byte(text), "\x00\x01\x1f\uffff") {
			t.Errorf("%q is packed as %q, which SQS refuses", body, text)
		}
	})
}
