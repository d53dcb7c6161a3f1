package provisioningtest

import (
	"strings"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage"
)

// hostileNames are such as stores of files, of rows and of paths are known to mistake.
func hostileNames() []string {
	return []string{
		".", "..", "/", "//", "../../etc/passwd", "/etc/passwd", "a/../b", "a/./b", "a//b", "a/", "/a", `..\..\a`, `C:\a`,
		"a.tmp", "a.age", ".hidden", "-rf", "~", "con", "nul.txt", "lock",
		"A", "a", "é", "e\u0301", "ß", "ss", "K", "\u212a",
		" ", " a", "a ", "a\n", "a\tb", "\r\n", "\x7f", "\u202e", "\u200b", "\U0001f511", "\ufffd",
		"%", "%2e%2e", "%00", "$HOME", "$(id)", "`id`", "'; drop table secrets; --", "a\"b", "a*b?c[d]", "<a>&amp;", "{}", "null", "0", "_", "a%b_c",
	}
}

// vaultKeys has ids of requests and resources that a store of records takes.
func vaultKeys(s *vaultScene) {
	var keys []secretKey
	for _, name := range hostileNames() {
		keys = append(keys, keyOf(name, "bucket", 1), keyOf("transfer-7", name, 1))
	}
	long, longer := strings.Repeat("n", storage.MaxName-1), strings.Repeat("i", storage.MaxID-1)
	keys = append(keys,
		keyOf(longer+"1", long+"1", 1), keyOf(longer+"1", long+"2", 1), keyOf(longer+"2", long+"1", 1),
		keyOf("transfer-7", "bucket", 1<<31-1))
	s.allApart(keys...)
}

// vaultOddKeys has keys that no resource has: a vault may refuse them, but must not take them for others.
func vaultOddKeys(s *vaultScene) {
	kept := []secretKey{keyOf("a", "b", 1), keyOf("\ufffd", "b", 1), keyOf("a", "\ufffd", 1)}
	for _, key := range kept {
		s.put(key, password(key.String()))
	}
	for _, key := range []secretKey{
		keyOf("", "", 0), keyOf("", "b", 1), keyOf("a", "", 1), keyOf("a", "b", 0), keyOf("a", "b", -1),
		keyOf("a\x00", "b", 1), keyOf("a\x00b", "b", 1), keyOf("\x00", "b", 1), keyOf("a", "b\x00", 1),
		keyOf("\xff", "b", 1), keyOf("\xfe", "b", 1), keyOf("a", "\xff", 1), keyOf("a", "\xc0\xaf", 1), keyOf("a", "\xed\xa0\x80", 1),
		keyOf(strings.Repeat("a", 5000), "b", 1), keyOf(strings.Repeat("a", 5001), "b", 1),
	} {
		if err := s.vault.Put(s.ctx, key, password(key.String())); err == nil {
			kept = append(kept, key)
		} else if _, err := s.vault.Get(s.ctx, key); err == nil {
			s.Fatalf("Put of %v is refused, and Get returns something; its error must be ErrNoSecret, or another", key)
		}
	}
	for _, key := range kept {
		s.holds(key, password(key.String()))
	}
	s.lists(kept...)
}

func vaultNames(s *vaultScene) {
	what := secrets{}
	for _, name := range append(hostileNames(), "", strings.Repeat("n", 512)) {
		what[name] = provisioning.Secret{Value: []byte("value of " + name)}
	}
	s.put(bucket, what)
	s.holds(bucket, what)
}
