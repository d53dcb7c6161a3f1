package scan_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan"
)

// Bytes are passed on as they come; the end is one if they are those of the digest, and is told again.
func TestVerifyReader(t *testing.T) {
	t.Parallel()
	pieces := map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "halves": iotest.HalfReader, "end with data": iotest.DataErrReader,
	}
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "what was put")
		is := rapid.OneOf(rapid.Just(want), rapid.SliceOfN(rapid.Byte(), 0, 300)).Draw(t, "what there is")
		if cut := rapid.IntRange(-1, len(is)).Draw(t, "cut off"); cut >= 0 {
			is = is[:cut]
		}
		in := pieces[rapid.SampledFrom([]string{"whole", "bytes", "halves", "end with data"}).Draw(t, "it comes in")]
		r := scan.VerifyReader(io.NopCloser(in(bytes.NewReader(is))), scan.DigestOf(want))
		got, err := io.ReadAll(r)
		if right := bytes.Equal(is, want); !bytes.Equal(got, is) || right != (err == nil) || !right && !errors.Is(err, scan.ErrCorrupt) {
			t.Errorf("of %q, where %q was put, %q is read, and then %v", is, want, got, err)
		}
		if _, again := io.ReadAll(r); (again == nil) != (err == nil) {
			t.Errorf("it ends with %v, and then with %v", err, again)
		}
	})
}

// What breaks is neither the end nor corrupt, whatever the error has inside.
func TestVerifyReaderOfWhatBreaks(t *testing.T) {
	t.Parallel()
	for _, broken := range []error{errTest, io.ErrUnexpectedEOF, fmt.Errorf("the connection broke: %w", io.EOF)} {
		for _, data := range []string{"", "an apple"} {
			source := io.MultiReader(strings.NewReader(data), iotest.ErrReader(broken))
			r := scan.VerifyReader(io.NopCloser(source), scan.DigestOf([]byte("an apple")))
			piece := make([]byte, 100)
			n, err := io.ReadFull(r, piece)
			if string(piece[:n]) != data || err != broken { //nolint:errorlint // as it is
				t.Errorf("of what breaks with %q after %q, %q is read, and then %v", broken, data, piece[:n], err)
			}
		}
	}
}

type closed struct {
	io.Reader

	error
}

func (c closed) Close() error { return c.error }

func TestVerifyReaderCloses(t *testing.T) {
	t.Parallel()
	if err := scan.VerifyReader(closed{strings.NewReader(""), errTest}, "").Close(); !errors.Is(err, errTest) {
		t.Errorf("Close returns %v; it must return what that of the source does", err)
	}
}

// Blobs that a server of the host has.
func ExampleVerifyReader() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "root:x:0:1") // it was put as root:x:0:0
	}))
	defer server.Close()
	open := func(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/"+string(d), nil)
		if err != nil {
			return nil, err
		}
		response, err := server.Client().Do(request) //nolint:bodyclose // who reads the blob closes it
		if err != nil {
			return nil, err
		}
		return scan.VerifyReader(response.Body, d), nil
	}
	r, err := open(context.Background(), scan.DigestOf([]byte("root:x:0:0")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(r)
	fmt.Printf("%s %v\n", data, errors.Is(err, scan.ErrCorrupt))
	// Output: root:x:0:1 true
}
