package scan

import (
	"context"
	"slices"
	"strings"
)

// fingerprintShare is the part of its time that a category may spend on a fingerprint.
const fingerprintShare = 4

// address returns what a complete result is kept under; empty: the input has no identity, or none yet. A fingerprint is from before the scan, so that
// whatever changes after it makes the next one another. Where the whole tree is looked into, and no result is known that could be taken instead, it is
// made of what the scan itself lists, and the address is there after the scan.
func (v *visit) address(ctx context.Context) (Digest, error) {
	if v.in.Content != "" {
		return v.scanner.address(inContent(v.in.Content), v.category), nil
	}
	err := v.watch(ctx, func() error {
		v.places = v.scope()
		return nil
	})
	if err != nil {
		return "", err
	}
	if _, ok := v.seen[v.key()]; !ok {
		var input string
		err = v.watch(ctx, func() error {
			if v.begin(ctx); v.tree.links.watcher == nil {
				input = v.identity(ctx, func(ctx context.Context) (Digest, bool, error) {
					return fingerprint(ctx, v.fsys, v.places, v.in.Limits, &v.looked)
				})
			}
			return nil
		})
		if err != nil || v.tree.links.watcher != nil {
			return "", err
		}
		v.seen[v.key()] = input
	}
	return v.seenAddress(), nil
}

// addressAfter returns the address of a complete result by what its scan listed. If it cannot be had, the result is right without.
func (v *visit) addressAfter(ctx context.Context) Digest {
	var input string
	err := v.watch(ctx, func() error {
		input = v.identity(ctx, v.tree.links.watcher.print)
		return nil
	})
	if err != nil {
		return ""
	}
	v.seen[v.key()] = input
	return v.seenAddress()
}

// seenAddress is the address by the fingerprint of the places.
func (v *visit) seenAddress() Digest {
	if input := v.seen[v.key()]; input != "" {
		return v.scanner.address(input, v.category)
	}
	return ""
}

func (v *visit) key() string { return strings.Join(v.places, "\x00") }

// begin has the scan be watched, if that may be.
func (v *visit) begin(ctx context.Context) {
	whole := len(v.places) == 0 || slices.Equal(v.places, []string{"."})
	known := slices.ContainsFunc(v.in.Known, func(r Result) bool { return r.Category == v.category.Name && r.Address != "" })
	if whole && !known {
		v.tree.links.watcher = newWatcher(ctx, v.fsys, v.in.Limits, &v.looked)
	}
}

// scope are the places that the category depends on; none: everything.
func (v *visit) scope() []string {
	if s, ok := v.scanner.Scanner.(Scoper); ok {
		return slices.Compact(slices.Sorted(slices.Values(s.Scope(v.category.Name, v.category.Config))))
	}
	return nil
}

// identity returns what a fingerprint says; empty: none holds, or to take one takes too long.
func (v *visit) identity(ctx context.Context, print func(context.Context) (Digest, bool, error)) string {
	ctx, cancel := context.WithTimeout(ctx, v.limits.Time/fingerprintShare)
	defer cancel()
	d, settled, err := print(ctx)
	if err != nil || !settled {
		return ""
	}
	return inTree(v.in.Target, d)
}
