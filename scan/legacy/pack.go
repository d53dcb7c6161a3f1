package legacy

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
)

// packedLine is how many characters of base64 Ruby puts into a line.
const packedLine = 60

// Pack returns a document as the original carries it: compressed by zlib, and as base64 in lines. It is what is called "b64,zlib,xml" there.
func Pack(document string) string {
	var zipped bytes.Buffer
	z := zlib.NewWriter(&zipped)
	_, _ = io.WriteString(z, document) // a buffer takes everything
	_ = z.Close()
	var lines strings.Builder
	for rest := base64.StdEncoding.EncodeToString(zipped.Bytes()); rest != ""; {
		n := min(len(rest), packedLine)
		lines.WriteString(rest[:n] + "\n")
		rest = rest[n:]
	}
	return lines.String()
}

// Unpack returns the document that was packed, of at most [MaxDocument] bytes.
func Unpack(packed string) (string, error) {
	document, err := unpack(packed)
	if err != nil {
		return "", fmt.Errorf("legacy: packed document: %w", err)
	}
	return document, nil
}

func unpack(packed string) (string, error) {
	if len(packed) > MaxDocument {
		return "", fmt.Errorf("it has %d bytes; at most %d are right", len(packed), MaxDocument)
	}
	// The decoder passes over the ends of lines.
	z, err := zlib.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(packed)))
	if err != nil {
		return "", fmt.Errorf("it does not begin as base64 of zlib does: %w", err)
	}
	var document strings.Builder
	n, err := io.Copy(&document, io.LimitReader(z, MaxDocument+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("it is broken after %d bytes of the document: %w", n, err)
	case n > MaxDocument:
		return "", fmt.Errorf("the document has more than %d bytes; at most so many are right", MaxDocument)
	}
	if err := z.Close(); err != nil {
		return "", errors.New("its sum is wrong")
	}
	return document.String(), nil
}
