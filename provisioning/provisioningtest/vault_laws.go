package provisioningtest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

func vaultEmpty(s *vaultScene) {
	s.lacks(bucket)
	s.lists()
}

func vaultPut(s *vaultScene) {
	both := secrets{"user": {Value: []byte("app")}, "password": {Value: []byte("xyzzy")}}
	s.put(bucket, both)
	s.holds(bucket, both)
	s.holds(bucket, both) // reading uses nothing up
	s.lists(bucket)
}

func vaultReplaces(s *vaultScene) {
	s.put(bucket, secrets{"user": {Value: []byte("app")}, "password": {Value: []byte("a long first password"), Expires: time.Unix(1, 0)}})
	s.put(bucket, password("second"))
	s.holds(bucket, password("second"))
	s.lists(bucket)
}

func vaultDeletes(s *vaultScene) {
	s.delete(bucket)
	s.put(bucket, password("first"))
	s.delete(bucket)
	s.lacks(bucket)
	s.lists()
	s.delete(bucket)
	s.put(bucket, password("second"))
	s.holds(bucket, password("second"))
}

// vaultApart has keys that become one where their parts are put together carelessly.
func vaultApart(s *vaultScene) {
	s.allApart(
		keyOf("a", "b", 1), keyOf("a", "b", 2), keyOf("a", "b", 11), keyOf("a", "b1", 1), keyOf("b", "a", 1),
		keyOf("a", "b/c", 1), keyOf("a/b", "c", 1), keyOf("a", "b-1", 1), keyOf("a-b", "1", 1),
		keyOf("ab", "c", 1), keyOf("a", "bc", 1), keyOf("a:b", "c", 1), keyOf("a", "b:c", 1),
		keyOf("a.b", "c", 1), keyOf("a", "b.c", 1), keyOf("a b", "c", 1), keyOf("a", "b c", 1),
		keyOf("a_b", "c", 1), keyOf("a", "b_c", 1), keyOf(`a"/"b`, "c", 1), keyOf("a", `b"/"c`, 1),
	)
}

// allApart demands that each key has secrets of its own.
func (s *vaultScene) allApart(keys ...secretKey) {
	s.Helper()
	own := func(i int) secrets { return password(fmt.Sprint("password ", i)) }
	for i, key := range keys {
		s.put(key, own(i))
	}
	for i, key := range keys {
		s.holds(key, own(i))
	}
	s.lists(keys...)
	s.delete(keys[0])
	s.lacks(keys[0])
	for i, key := range keys[1:] {
		s.holds(key, own(i+1))
	}
	s.lists(keys[1:]...)
}

func vaultLists(s *vaultScene) {
	var keys []secretKey
	for i := range 120 { // more than a page of most
		key := keyOf(fmt.Sprint("transfer-", i%7), fmt.Sprint("bucket-", i), 1+i%3)
		s.put(key, password("first"))
		s.put(key, password("second"))
		if i%10 == 0 {
			s.delete(key)
		} else {
			keys = append(keys, key)
		}
	}
	s.lists(keys...)
	s.lists(keys...)
}

func vaultListsAndDeletes(s *vaultScene) {
	for i := range 20 {
		s.put(keyOf("transfer-7", "bucket", 1+i), password("xyzzy"))
	}
	for key, err := range s.vault.Keys(s.ctx) {
		if err != nil {
			s.Fatalf("Keys: %v; it must succeed", err)
		}
		s.holds(key, password("xyzzy"))
		break
	}
	for key, err := range s.vault.Keys(s.ctx) {
		if err != nil {
			s.Fatalf("Keys, while what it yields is deleted: %v; it must succeed", err)
		}
		s.delete(key)
	}
	s.lists()
}

func vaultKeepsNone(s *vaultScene) {
	empty, none := keyOf("transfer-7", "empty", 1), keyOf("transfer-7", "nil", 1)
	s.put(empty, secrets{})
	s.put(none, nil)
	s.holds(empty, nil)
	s.holds(none, nil)
	s.lists(empty, none)
	s.put(empty, password("xyzzy"))
	s.put(empty, secrets{})
	s.holds(empty, nil)
}

func vaultValues(s *vaultScene) {
	var all [256]byte
	for i := range all {
		all[i] = byte(i)
	}
	what := secrets{
		"all": {Value: all[:]}, "empty": {Value: []byte{}}, "nil": {}, "blank": {Value: []byte(" ")},
		"line": {Value: []byte("xyzzy\n")}, "zeros": {Value: make([]byte, 3)}, "text": {Value: []byte("päßwörd")},
	}
	s.put(bucket, what)
	s.holds(bucket, what)
}

func vaultLargest(s *vaultScene) {
	const name = "certificate"
	one := secrets{name: {Value: []byte(strings.Repeat("\x00\xff", (provisioning.MaxSecrets-len(name))/2))}}
	many := secrets{}
	for i := range 1000 {
		many[fmt.Sprint("name ", i)] = provisioning.Secret{Value: fmt.Append(nil, "value ", i), Expires: time.Unix(int64(i), 0)}
	}
	other := keyOf("transfer-7", "another bucket", 1)
	s.put(bucket, one)
	s.put(other, many)
	s.holds(bucket, one)
	s.holds(other, many)
}

func vaultExpires(s *vaultScene) {
	what := secrets{
		"never":      {Value: []byte("a")},
		"soon":       {Value: []byte("b"), Expires: time.Date(2038, 1, 19, 3, 14, 8, 123_456_000, time.UTC)},
		"elsewhere":  {Value: []byte("c"), Expires: time.Date(2031, 5, 6, 7, 8, 9, 999_999_000, time.FixedZone("", -7*3600+900))},
		"long ago":   {Value: []byte("d"), Expires: time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC)},
		"long after": {Value: []byte("e"), Expires: time.Date(9999, 12, 31, 23, 59, 59, 1000, time.UTC)},
	}
	s.put(bucket, what)
	s.holds(bucket, what)
}

func vaultCopiesIn(s *vaultScene) {
	mine := password("xyzzy")
	s.put(bucket, mine)
	spoil(mine)
	s.holds(bucket, password("xyzzy"))
}

func vaultCopiesOut(s *vaultScene) {
	s.put(bucket, password("xyzzy"))
	spoil(s.holds(bucket, password("xyzzy")))
	s.holds(bucket, password("xyzzy"))
}

// spoil changes what a caller holds.
func spoil(what secrets) {
	for _, secret := range what {
		clear(secret.Value)
	}
	clear(what)
	what["spoilt"] = provisioning.Secret{}
}

// vaultErrors calls what may fail. What comes of that is the vault's to say.
func vaultErrors(s *vaultScene) {
	const canary = "canary-4711"
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	key := keyOf("", "", -1)
	_, getErr := s.vault.Get(ctx, key)
	for what, err := range map[string]error{
		"Put with a canceled context": s.vault.Put(ctx, bucket, password(canary)),
		"Put under an odd key":        s.vault.Put(s.ctx, key, password(canary)),
		"Put of far too much":         s.vault.Put(s.ctx, bucket, password(strings.Repeat(canary, 200_000))),
		"Put of a time that few keep": s.vault.Put(s.ctx, bucket, secrets{"a": {Value: []byte(canary), Expires: time.Unix(1<<50, 0)}}),
		"Get under an odd key":        getErr,
		"Delete of an odd key":        s.vault.Delete(ctx, key),
	} {
		if err != nil && strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), canary) {
			s.Errorf("%s: the error shows the secret; none must", what)
		}
	}
}

func vaultReopens(s *vaultScene) {
	what := secrets{"password": {Value: []byte("xyzzy"), Expires: time.Unix(2_000_000_000, 123_000)}}
	gone := keyOf("transfer-7", "gone", 1)
	s.put(bucket, what)
	s.put(gone, what)
	s.delete(gone)
	again := s.reopened()
	again.holds(bucket, what)
	again.lacks(gone)
	again.lists(bucket)
}

func vaultShares(s *vaultScene) {
	other := s.reopened()
	s.put(bucket, password("first"))
	other.holds(bucket, password("first"))
	other.put(bucket, password("second"))
	s.holds(bucket, password("second"))
	s.lists(bucket)
	other.delete(bucket)
	s.lacks(bucket)
	s.lists()
}
