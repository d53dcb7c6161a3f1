package account

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

// A Reading is what an account has: everything, or what is named. Its methods yield things as they come, page by page;
// a sequence ends with the first error. It is safe for concurrent use.
type Reading struct {
	*Account

	names Names // nil: everything
	links Names // what the things that are named lead to
	// What a targeted reading has read already to find links.
	instances  []types.Instance
	interfaces []types.NetworkInterface
	failed     map[Kind]error
}

// Full returns a reading of everything.
func (a *Account) Full() *Reading { return &Reading{Account: a} }

// linked returns what links lead to and is not named besides.
func (r *Reading) linked(kind Kind) []string {
	return slices.DeleteFunc(r.links.of(kind), func(name string) bool { return r.names[kind][name] })
}

// atOnce is how many values a filter takes.
const atOnce = 200

// filtered yields what EC2 has of a kind: everything, or by a filter what is named and what links lead to.
func filtered[V any](r *Reading, kind Kind, filter string, ask func(filters []types.Filter) iter.Seq2[V, error]) iter.Seq2[V, error] {
	if r.names == nil {
		return ask(nil)
	}
	by := func(names []string) iter.Seq2[V, error] {
		return ask([]types.Filter{{Name: aws.String(filter), Values: names}})
	}
	return func(yield func(V, error) bool) {
		for names := range slices.Chunk(r.names.of(kind), atOnce) {
			if !pass(by(names), yield) {
				return
			}
		}
		for names := range slices.Chunk(r.linked(kind), atOnce) {
			if !pass(unless(refused, by(names)), yield) {
				return
			}
		}
	}
}

// each yields what a service has that can be asked for one by one only: everything, for which the name is nil, or what
// is named and not gone.
func each[V any](r *Reading, kind Kind, gone func(error) bool, ask func(name *string) iter.Seq2[V, error]) iter.Seq2[V, error] {
	if r.names == nil {
		return ask(nil)
	}
	return func(yield func(V, error) bool) {
		for _, name := range r.names.of(kind) {
			if !pass(unless(gone, ask(&name)), yield) {
				return
			}
		}
	}
}

// pass yields a sequence; false: nothing comes after it.
func pass[V any](all iter.Seq2[V, error], yield func(V, error) bool) bool {
	for v, err := range all {
		if !yield(v, err) || err != nil {
			return false
		}
	}
	return true
}

// unless yields a sequence, which ends without an error if that is one.
func unless[V any](is func(error) bool, all iter.Seq2[V, error]) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for v, err := range all {
			if is(err) || !yield(v, err) {
				return
			}
		}
	}
}

// refused reports whether a service does not answer, and would not if it was asked again. What only a link leads to is
// left out then: that is no reason to do without the things that are named, and the link is one that leads nowhere.
func refused(err error) bool {
	_, answered := errors.AsType[smithy.APIError](err)
	_, tiredOf := errors.AsType[*retry.MaxAttemptsError](err)
	return answered && !tiredOf
}

// A pager is a paginator of the SDK.
type pager[O, F any] interface {
	HasMorePages() bool
	NextPage(ctx context.Context, options ...func(*F)) (*O, error)
}

// paged yields what the pages of an answer list.
func paged[O, F, V any](ctx context.Context, pages pager[O, F], list func(*O) []V) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				known[V](nil, err)(yield)
				return
			}
			for _, v := range list(page) {
				if !yield(v, nil) {
					return
				}
			}
		}
	}
}

// whole yields what an answer lists that has no pages.
func whole[O, V any](ask func() (*O, error), list func(*O) []V) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		answer, err := ask()
		if err != nil {
			known[V](nil, err)(yield)
			return
		}
		known(list(answer), nil)(yield)
	}
}

// known yields what was read before, and how that ended.
func known[V any](all []V, err error) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
		if err != nil {
			var none V
			yield(none, err)
		}
	}
}

// isFault reports whether an error is a service's answer with that code.
func isFault(err error, code string) bool {
	fault, ok := errors.AsType[smithy.APIError](err)
	return ok && fault.ErrorCode() == code
}
