package scan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

const digestPrefix = "sha256:"

// DigestOf returns the digest of data.
func DigestOf(data []byte) Digest {
	sum := sha256.Sum256(data)
	return Digest(digestPrefix + hex.EncodeToString(sum[:]))
}

// digestOf returns the digest that a SHA-256 has come to.
func digestOf(h hash.Hash) Digest { return Digest(digestPrefix + hex.EncodeToString(h.Sum(nil))) }

// Check returns an error unless d is "sha256:" and 64 hexadecimal digits in lower case. What passes is safe as the name of a file.
func (d Digest) Check() error {
	digits, ok := strings.CutPrefix(string(d), digestPrefix)
	if !ok || len(digits) != 2*sha256.Size || strings.Trim(digits, "0123456789abcdef") != "" {
		return fmt.Errorf(`%s is no digest; "sha256:" and 64 hexadecimal digits in lower case are right`, quote(string(d)))
	}
	return nil
}
