package provisioning

import (
	"encoding/base64"
	"regexp"
	"strings"
)

// plainSegment is what stands in the path of a URL as it is, whatever servers and proxies make of paths.
var plainSegment = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9_.-]*$`)

// escape returns a segment of a path that stands for an id.
func escape(id string) string {
	if plainSegment.MatchString(id) {
		return id
	}
	return "~" + base64.RawURLEncoding.EncodeToString([]byte(id))
}

// unescape returns the id that a segment stands for; ok is false if it stands for none.
func unescape(segment string) (id string, ok bool) {
	if plainSegment.MatchString(segment) {
		return segment, true
	}
	coded, escaped := strings.CutPrefix(segment, "~")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(coded)
	if !escaped || err != nil || plainSegment.Match(raw) || len(raw) == 0 {
		return "", false
	}
	return string(raw), true
}
