//go:build unix

package pgtest

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// newPassword returns a random password, and what PostgreSQL keeps of it for
// scram-sha-256. It is hashed once: more rounds protect words that can be guessed, and would take
// longer than all else that a connection does.
func newPassword() (password, kept string, err error) {
	const rounds = 1
	password, salt := rand.Text(), []byte(rand.Text())
	salted, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return "", "", fmt.Errorf("pgtest: hashing a password: %w", err)
	}
	sign := func(text string) []byte {
		mac := hmac.New(sha256.New, salted)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	stored := sha256.Sum256(sign("Client Key"))
	encode := base64.StdEncoding.EncodeToString
	kept = fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", rounds, encode(salt), encode(stored[:]), encode(sign("Server Key")))
	return password, kept, nil
}
