package agevault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"

	"filippo.io/age"

	"github.com/reeve-go/reeve/provisioning"
)

// Options for [Open]. Nil is the same as the zero value.
type Options struct {
	// Recipients are who can read what is written from now on. One of them has to be that of an identity, and
	// they are either all post-quantum or none. Nil: that of the first identity.
	Recipients []age.Recipient
}

// A Vault keeps each entry in a file. It is safe for concurrent use, also by several programs that have the same folder open.
type Vault struct {
	folder     *os.Root
	identities []age.Identity
	recipients []age.Recipient
}

var _ provisioning.Vault = (*Vault)(nil)

// Open opens the vault in a folder, and makes the folder if there is none. The folder must be nobody else's: a mode that
// lets others in is an error. Each of the identities is tried on what is read, one at least is needed. What a program that
// was killed has left half written is removed, when an hour has passed.
func Open(dir string, identities []age.Identity, o *Options) (*Vault, error) {
	var recipients []age.Recipient
	if o != nil {
		recipients = o.Recipients
	}
	if len(identities) == 0 {
		return nil, errors.New("agevault: there is no identity; at least one is needed to read what is kept")
	}
	if recipients == nil {
		r, err := recipientOf(identities[0])
		if err != nil {
			return nil, err
		}
		recipients = []age.Recipient{r}
	}
	v := &Vault{identities: identities, recipients: recipients}
	if err := v.tryKeys(); err != nil {
		return nil, err
	}
	var err error
	if v.folder, err = openFolder(dir); err != nil {
		return nil, fmt.Errorf("agevault: %w", err)
	}
	return v, nil
}

// Close gives the folder back. No other method may be called then.
func (v *Vault) Close() error { return v.folder.Close() }

// Put keeps the secrets in a new file, in place of the old one. Secrets of more than a megabyte are refused, and times
// that are not in the years 0 to 9999.
func (v *Vault) Put(ctx context.Context, key provisioning.SecretKey, s provisioning.Secrets) error {
	text, err := encode(key, s)
	if err == nil {
		text, err = v.encrypt(text)
	}
	if err == nil {
		err = v.write(ctx, nameOf(key), text, nil)
	}
	if err != nil {
		return fmt.Errorf("agevault: put secrets of %v: %w", key, err)
	}
	return nil
}

// Get reads the file. That there is none is [provisioning.ErrNoSecret]; any other error means that there is one, which
// cannot be read.
func (v *Vault) Get(ctx context.Context, key provisioning.SecretKey) (provisioning.Secrets, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("agevault: get secrets of %v: %w", key, err)
	}
	_, s, err := v.read(nameOf(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("agevault: %w: nothing is kept for %v", provisioning.ErrNoSecret, key)
	} else if err != nil {
		return nil, fmt.Errorf("agevault: get secrets of %v: %w", key, err)
	}
	return s, nil
}

// Delete removes the file.
func (v *Vault) Delete(ctx context.Context, key provisioning.SecretKey) error {
	err := v.change(ctx, func() error {
		if err := v.folder.Remove(nameOf(key)); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("agevault: delete secrets of %v: %w", key, err)
	}
	return nil
}

// Keys reads all files, because keys are encrypted, too. It yields those that can be read, and then an error if there are
// others, which names the first of them.
func (v *Vault) Keys(ctx context.Context) iter.Seq2[provisioning.SecretKey, error] {
	return func(yield func(provisioning.SecretKey, error) bool) {
		var failed failures
		for name, err := range v.entries(ctx) {
			if err != nil {
				yield(provisioning.SecretKey{}, fmt.Errorf("agevault: list keys: %w", err))
				return
			}
			key, _, err := v.read(name)
			if failed.note(err); err == nil && !yield(key, nil) {
				return
			}
		}
		if err := failed.err(); err != nil {
			yield(provisioning.SecretKey{}, fmt.Errorf("agevault: list keys: %w", err))
		}
	}
}
