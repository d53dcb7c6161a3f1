package agevault

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"

	"github.com/reeve-go/reeve/provisioning"
)

// An entry is what is in a file. Bytes that are no text stay as they are.
type entry struct {
	Key     entryKey      `json:"key"`
	Secrets []entrySecret `json:"secrets"`
}

type entryKey struct {
	Request    []byte `json:"request"`
	Resource   []byte `json:"resource"`
	Generation int    `json:"generation"`
}

type entrySecret struct {
	Name    []byte    `json:"name"`
	Value   []byte    `json:"value"`
	Expires time.Time `json:"expires,omitzero"`
}

const (
	suffix = ".age"
	// maxText bounds an entry, and so what reading one can take.
	maxText = 1 << 20
	// block is what entries are filled up to a multiple of, so that a file's size says little.
	block = 1 << 10
)

func entryKeyOf(key provisioning.SecretKey) entryKey {
	return entryKey{Request: []byte(key.Request), Resource: []byte(key.Resource), Generation: key.Generation}
}

// nameOf returns the name of an entry's file: whatever is in the key, it is short and harmless.
func nameOf(key provisioning.SecretKey) string {
	text, _ := json.Marshal(entryKeyOf(key)) // bytes and a number cannot fail
	hash := sha256.Sum256(text)
	return hex.EncodeToString(hash[:]) + suffix
}

func isEntry(name string) bool {
	return filepath.Ext(name) == suffix && len(name) == 2*sha256.Size+len(suffix)
}

func encode(key provisioning.SecretKey, s provisioning.Secrets) ([]byte, error) {
	e := entry{Key: entryKeyOf(key)}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		e.Secrets = append(e.Secrets, entrySecret{Name: []byte(name), Value: s[name].Value, Expires: s[name].Expires.UTC()})
	}
	text, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	text = append(text, bytes.Repeat([]byte(" "), block-len(text)%block)...)
	if len(text) > maxText {
		return nil, fmt.Errorf("they have %d bytes when they are written; at most %d are right", len(text), maxText)
	}
	return text, nil
}

// decode does not say what json has found: it might quote a secret.
func decode(text []byte) (provisioning.SecretKey, provisioning.Secrets, error) {
	var e entry
	if err := json.Unmarshal(text, &e); err != nil {
		return provisioning.SecretKey{}, nil, errors.New("what is in it is no entry of a vault")
	}
	key := provisioning.SecretKey{Request: string(e.Key.Request), Resource: string(e.Key.Resource), Generation: e.Key.Generation}
	s := make(provisioning.Secrets, len(e.Secrets))
	for _, secret := range e.Secrets {
		s[string(secret.Name)] = provisioning.Secret{Value: secret.Value, Expires: secret.Expires}
	}
	return key, s, nil
}

func (v *Vault) encrypt(text []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, v.recipients...)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(text)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (v *Vault) decrypt(from io.Reader) ([]byte, error) {
	r, err := age.Decrypt(from, v.identities...)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxText {
		return nil, fmt.Errorf("it has more than %d bytes, which no entry has", maxText)
	}
	return text, nil
}

// read returns what is in a file. Its error names the file.
func (v *Vault) read(name string) (provisioning.SecretKey, provisioning.Secrets, error) {
	f, err := v.folder.Open(name)
	if err != nil {
		return provisioning.SecretKey{}, nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	_, key, s, err := v.readFrom(f, name)
	return key, s, err
}

func (v *Vault) readFrom(from io.Reader, name string) (text []byte, key provisioning.SecretKey, s provisioning.Secrets, err error) {
	if text, err = v.decrypt(from); err == nil {
		key, s, err = decode(text)
	}
	if err == nil && nameOf(key) != name {
		err = fmt.Errorf("it is the entry of %v, whose place is %s", key, nameOf(key))
	}
	if err != nil {
		return nil, provisioning.SecretKey{}, nil, fmt.Errorf("%s: %w", filepath.Join(v.folder.Name(), name), err)
	}
	return text, key, s, nil
}
