package agevault

import (
	"context"
	"errors"
	"fmt"
)

// Rewrite encrypts every entry anew, for the recipients that the vault has now. Others may use the vault meanwhile: what they
// put or delete stays so. What cannot be read is left as it is; the error names the first of those. When a program
// that has the vault open does not know the new keys yet, it cannot read what was rewritten.
func (v *Vault) Rewrite(ctx context.Context) error {
	var failed failures
	for name, err := range v.entries(ctx) {
		if err != nil {
			return fmt.Errorf("agevault: rewrite: %w", err)
		}
		failed.note(v.rewrite(ctx, name))
	}
	if err := failed.err(); err != nil {
		return fmt.Errorf("agevault: rewrite: %w", err)
	}
	return nil
}

var errChanged = errors.New("the file was changed meanwhile")

func (v *Vault) rewrite(ctx context.Context, name string) error {
	for {
		if err := v.rewriteOnce(ctx, name); !errors.Is(err, errChanged) {
			return err
		}
	}
}

func (v *Vault) rewriteOnce(ctx context.Context, name string) error {
	f, err := v.folder.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	text, _, _, err := v.readFrom(f, name)
	if err == nil {
		text, err = v.encrypt(text)
	}
	if err == nil {
		err = v.write(ctx, name, text, f)
	}
	return err
}
