package storagetest

import (
	"context"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func namingMutants() []mutant {
	twice := func(names []string) bool { return len(names) == 2 && names[0] == names[1] }
	// named changes what is found of elements that are asked for by name.
	named := func(find func(ctx context.Context, m *model, k storage.Key, q storage.ElementQuery) ([]storage.Element, error)) func(*broken) {
		return func(b *broken) {
			whole := b.elements
			b.elements = func(ctx context.Context, k storage.Key, q storage.ElementQuery) ([]storage.Element, error) {
				if len(q.Names) == 0 {
					return whole(ctx, k, q)
				}
				return find(ctx, b.model, k, q)
			}
		}
	}
	return []mutant{
		{"a kind that is named twice is claimed twice", func(b *broken) {
			b.claims = func(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
				got, err := b.model.Claim(ctx, c)
				if twice(c.Names) {
					b.tamper(func(s *state, _ time.Time) {
						for _, r := range got {
							s.Records[r.Key].Token++
						}
					})
				}
				return got, err
			}
		}, []string{"3 a claim hides what it hands out/a kind that is named twice counts once"}},
		{"a kind that is named twice counts twice", func(b *broken) {
			b.claims = func(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
				if twice(c.Names) {
					c.Limit = max(1, c.Limit/2)
				}
				return b.model.Claim(ctx, c)
			}
		}, []string{"3 a claim hides what it hands out/a kind that is named twice counts once"}},
		{"a name that is given twice is taken twice", func(b *broken) {
			b.takes = func(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
				got, err := b.model.Take(ctx, c)
				if twice(c.Names) {
					b.tamper(func(s *state, _ time.Time) {
						for _, e := range got {
							s.effect(e.ID).Attempt++
						}
					})
				}
				return got, err
			}
		}, []string{"6 effects/a name that is given twice counts once"}},
		{"a name that is given twice is handed out twice", func(b *broken) {
			b.takes = func(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
				got, err := b.model.Take(ctx, c)
				if twice(c.Names) {
					got = append(got, got...)
				}
				return got, err
			}
		}, []string{"6 effects/a name that is given twice counts once"}},
		{"one name is taken after another", func(b *broken) {
			b.takes = func(ctx context.Context, c storage.Claim) (out []storage.Taken, err error) {
				if len(c.Names) < 2 {
					return b.model.Take(ctx, c)
				}
				one := c
				for _, name := range slices.Compact(slices.Sorted(slices.Values(c.Names))) {
					if one.Limit = c.Limit - len(out); len(out) > 0 && one.Limit == 0 {
						break
					}
					one.Names = []string{name}
					got, err := b.model.Take(ctx, one)
					if err != nil {
						return nil, err
					}
					out = append(out, got...)
				}
				return out, nil
			}
		}, []string{"6 effects/the oldest first of several names"}},
		{"elements that are named are found whatever comes before", named(
			func(ctx context.Context, m *model, k storage.Key, q storage.ElementQuery) ([]storage.Element, error) {
				q.After = ""
				return all(m.Elements(ctx, k, q))
			}), []string{"elements/those that are named are found after a name, and limited"}},
		{"a limit is for names, not for elements", named(
			func(ctx context.Context, m *model, k storage.Key, q storage.ElementQuery) ([]storage.Element, error) {
				q.Names = slices.Clone(q.Names)
				slices.Sort(q.Names)
				if q.Limit > 0 {
					q.Names = q.Names[:q.Limit]
				}
				return all(m.Elements(ctx, k, q))
			}), []string{"elements/those that are named are found after a name, and limited"}},
		{"only a page of names is looked for", named(
			func(ctx context.Context, m *model, k storage.Key, q storage.ElementQuery) ([]storage.Element, error) {
				q.Names = q.Names[:min(len(q.Names), 200)]
				return all(m.Elements(ctx, k, q))
			}), []string{"elements/those that are named are found after a name, and limited"}},
	}
}
