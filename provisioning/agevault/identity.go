package agevault

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"filippo.io/age"

	"github.com/reeve-go/reeve/provisioning"
)

// Generate writes a new post-quantum identity to a file that only its owner can read. That the file is there already is an
// error: with the identity in it everything that it can read would be lost.
func Generate(path string) error {
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		return fmt.Errorf("agevault: generate an identity: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // G304: the host says where
	if err != nil {
		return fmt.Errorf("agevault: generate an identity: %w", err)
	}
	_, err = fmt.Fprintf(f, "# public key: %s\n%s\n", identity.Recipient(), identity)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("agevault: generate an identity: %w", errors.Join(err, os.Remove(path)))
	}
	return nil
}

// LoadIdentities reads a file as [Generate] and age-keygen write it, of one identity a line. A mode that lets others read it is an error; who
// needs such a file gives it to [age.ParseIdentities].
func LoadIdentities(path string) ([]age.Identity, error) {
	f, err := os.Open(path) //nolint:gosec // G304: the host says where
	if err != nil {
		return nil, fmt.Errorf("agevault: load identities: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("agevault: load identities: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("agevault: load identities: %s has the mode %v, which lets others in; %v is right", path, mode, fs.FileMode(0o600))
	}
	identities, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fmt.Errorf("agevault: load identities: %s: %w", path, err)
	}
	return identities, nil
}

// recipientOf returns who writes for an identity.
func recipientOf(identity age.Identity) (age.Recipient, error) {
	switch i := identity.(type) {
	case *age.HybridIdentity:
		return i.Recipient(), nil
	case *age.X25519Identity:
		return i.Recipient(), nil
	}
	return nil, fmt.Errorf("agevault: the recipient of an identity of type %T is not known; it has to be given as one of Options.Recipients", identity)
}

// tryKeys sees that what will be written can be read.
func (v *Vault) tryKeys() error {
	text, err := encode(provisioning.SecretKey{}, nil)
	if err != nil {
		return err
	}
	sealed, err := v.encrypt(text)
	if err != nil {
		return fmt.Errorf("agevault: nothing can be encrypted for the recipients: %w", err)
	}
	if _, err := v.decrypt(bytes.NewReader(sealed)); err != nil {
		return fmt.Errorf("agevault: no identity can read what is written for the recipients; one has to be a recipient, too: %w", err)
	}
	return nil
}
