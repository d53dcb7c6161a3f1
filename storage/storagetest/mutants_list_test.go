package storagetest

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

func listMutants() []mutant {
	return []mutant{
		{"a list skips at the edges of its pages", func(b *broken) {
			whole := b.list
			b.list = func(ctx context.Context, q storage.Query) ([]storage.Record, error) {
				got, err := whole(ctx, q)
				for i := 500; i < len(got); i += 500 {
					got = slices.Delete(got, i, i+1)
				}
				return got, err
			}
		}, []string{"9 lists are bounded/a long list is complete"}},
		{"a list begins with the id to go on from", func(b *broken) {
			whole := b.list
			b.list = func(ctx context.Context, q storage.Query) ([]storage.Record, error) {
				if q.After != "" {
					q.After = q.After[:len(q.After)-1]
				}
				return whole(ctx, q)
			}
		}, []string{
			"9 lists are bounded/records are found by state, status and group",
			"records/keys compare bytewise",
		}},
		{"a list knows no limit", func(b *broken) {
			whole := b.list
			b.list = func(ctx context.Context, q storage.Query) ([]storage.Record, error) {
				q.Limit = 0
				return whole(ctx, q)
			}
		}, []string{
			"9 lists are bounded/a long list is complete",
			"9 lists are bounded/records are found by state, status and group",
		}},
		{"a list ignores case", func(b *broken) {
			whole := b.list
			b.list = func(ctx context.Context, q storage.Query) ([]storage.Record, error) {
				got, err := whole(ctx, q)
				slices.SortStableFunc(got, func(a, b storage.Record) int {
					return strings.Compare(strings.ToLower(a.Key.ID), strings.ToLower(b.Key.ID))
				})
				return got, err
			}
		}, []string{"records/keys compare bytewise"}},
		{"a list hides its error", func(b *broken) {
			whole := b.list
			b.list = func(ctx context.Context, q storage.Query) ([]storage.Record, error) {
				got, err := whole(ctx, q)
				if errors.Is(err, context.Canceled) {
					err = nil
				}
				return got, err
			}
		}, []string{"9 lists are bounded/a list ends with the error of its context"}},
		{"count drifts", func(b *broken) {
			seen := map[storage.Key]int{}
			b.count = func(ctx context.Context, kind string) (map[string]int, error) {
				got, err := b.model.Count(ctx, kind)
				for state, n := range got {
					seen[storage.Key{Kind: kind, ID: state}] = n
				}
				for k, n := range seen {
					if err == nil && k.Kind == kind {
						got[k.ID] = n
					}
				}
				return got, err
			}
		}, []string{"9 lists are bounded/count follows changes"}},
		{"count does not count final records", func(b *broken) {
			b.count = func(ctx context.Context, kind string) (map[string]int, error) {
				got, err := b.model.Count(ctx, kind)
				for _, r := range b.before().Records {
					if r.Key.Kind == kind && r.Final && got != nil {
						got[r.State]--
					}
				}
				return got, err
			}
		}, []string{"9 lists are bounded/count counts every record"}},
		{"a version that does not fit is none", func(b *broken) {
			whole := b.history
			b.history = func(ctx context.Context, k storage.Key, after uint64) ([]storage.Line, error) {
				if after > math.MaxInt64 {
					after = 0
				}
				return whole(ctx, k, after)
			}
		}, []string{"9 lists are bounded/there is no history after the newest version"}},
		{"after the last of all versions history begins again", func(b *broken) {
			whole := b.history
			b.history = func(ctx context.Context, k storage.Key, after uint64) ([]storage.Line, error) {
				if after+1 == 0 {
					after++
				}
				return whole(ctx, k, after)
			}
		}, []string{"9 lists are bounded/there is no history after the newest version"}},
	}
}
