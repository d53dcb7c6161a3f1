package scan

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"strings"
)

// Items yields the facts of a result in the order of their keys, with little memory. A key that was not UTF-8, or began with a quotation mark, is as
// strconv.Quote has it.
//
// The sequence ends with the first error. Whether the items are those of the result is sure only at its end: if what is in the blob has another digest, more or
// fewer facts or bytes, or another order, the error is [ErrCorrupt]. A result that has failed or was skipped has no items, and to ask for them is an error.
func Items(ctx context.Context, blobs Blobs, r Result) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		items, err := openResult(ctx, blobs, &r)
		if err != nil {
			yield(Item{}, err)
			return
		}
		defer items.close()
		for {
			switch err := items.next(); {
			case errors.Is(err, errEnd):
				return
			case err != nil:
				yield(Item{}, err)
				return
			case !yield(Item{string(items.key), bytes.Clone(items.value)}, nil):
				return
			}
		}
	}
}

// A resultReader reads the facts of a result, and trusts nothing of it.
type resultReader struct {
	ctx    context.Context
	result *Result
	blob   blobReader
	lines  *lineReader
	sum    hash.Hash

	// Key and value are those of the fact at hand, until the next; last is the key before.
	key, value, last []byte

	items int
	bytes int64
}

// mostBytes is more than any result has; it keeps numbers that somebody else wrote from overflowing.
const mostBytes = 1 << 50

// hasItems reports whether a result of the outcome has items, if only none.
func (o Outcome) hasItems() bool { return o == OK || o == Empty || o == Partial }

func openResult(ctx context.Context, blobs Blobs, r *Result) (*resultReader, error) {
	in := &resultReader{ctx: ctx, result: r, sum: sha256.New()}
	switch {
	case !r.Outcome.hasItems():
		return nil, fmt.Errorf("scan: category %s has no items, its outcome is %s: %s", quote(r.Category), quote(string(r.Outcome)), quote(r.Error))
	case r.Items < 0 || r.Bytes < 0 || r.Bytes > mostBytes:
		return nil, in.corrupt(fmt.Errorf("there cannot be %d with %d bytes", r.Items, r.Bytes))
	case r.Blob == "":
		in.lines = &lineReader{from: bufio.NewReader(strings.NewReader(""))}
		return in, nil
	}
	blob, err := blobs.Open(ctx, r.Blob)
	if err != nil {
		return nil, fmt.Errorf("scan: items of category %s: %w", quote(r.Category), err)
	}
	in.blob.blob = blob
	// Whatever the blob is, no more is read of it and made of it than the result says.
	zipped, err := gzip.NewReader(io.LimitReader(&in.blob, packedMost(r.Bytes)))
	if err != nil {
		in.close()
		return nil, in.corrupt(err)
	}
	plain := io.TeeReader(io.LimitReader(zipped, r.Bytes+1), in.sum)
	in.lines = &lineReader{from: bufio.NewReaderSize(plain, runBuffer), most: MaxItem}
	return in, nil
}

// packedMost is more than so many bytes have when they are compressed.
func packedMost(n int64) int64 { return n + n/8 + 4<<10 }

// next goes to the next fact; at the end it is errEnd.
func (r *resultReader) next() error {
	if r.ctx.Err() != nil {
		return fmt.Errorf("scan: items of category %s: %w", quote(r.result.Category), context.Cause(r.ctx))
	}
	r.last = append(r.last[:0], r.key...)
	line, err := r.lines.next()
	switch {
	case err == io.EOF: //nolint:errorlint // wrapped, it is no end
		return r.end()
	case err != nil:
		return r.corrupt(err)
	}
	if r.key, r.value, err = splitLine(line); err != nil {
		return r.corrupt(err)
	}
	if r.items > 0 && bytes.Compare(r.last, r.key) >= 0 {
		return r.corrupt(fmt.Errorf("key %s is not after key %s", quote(string(r.key)), quote(string(r.last))))
	}
	r.items++
	r.bytes += int64(len(line))
	return nil
}

// errEnd: there are no more facts, and all is as the result says.
var errEnd = errors.New("no more items")

func (r *resultReader) end() error {
	d := digestOf(r.sum)
	switch {
	case r.items != r.result.Items || r.bytes != r.result.Bytes:
		return r.corrupt(fmt.Errorf("there are %d with %d bytes; the result says %d with %d", r.items, r.bytes, r.result.Items, r.result.Bytes))
	case d != r.result.Digest:
		return r.corrupt(fmt.Errorf("their digest is %s; the result says %s", d, quote(string(r.result.Digest))))
	}
	return errEnd
}

// corrupt says what is wrong, and where. If the blobs could not be read, it says that instead.
func (r *resultReader) corrupt(err error) error {
	if r.blob.err != nil {
		return fmt.Errorf("scan: items of category %s, after %d: %w", quote(r.result.Category), r.items, r.blob.err)
	}
	return fmt.Errorf("scan: items of category %s, after %d: %w: %w", quote(r.result.Category), r.items, ErrCorrupt, err)
}

func (r *resultReader) close() {
	if r.blob.blob != nil {
		_ = r.blob.blob.Close()
	}
}

// A blobReader remembers that a blob could not be read, because what it is read through may say that in other words.
type blobReader struct {
	blob io.ReadCloser
	err  error
}

// Read is an io.Reader's.
func (b *blobReader) Read(p []byte) (int, error) {
	n, err := b.blob.Read(p)
	if err != nil && err != io.EOF { // wrapped, it is no end
		b.err = err
	}
	return n, err
}
