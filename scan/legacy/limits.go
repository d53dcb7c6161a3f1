package legacy

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What bounds what comes from outside.
const (
	// MaxObject is how many bytes a reply object may have.
	MaxObject = 16 << 20
	// MaxDocument is how many bytes the XML document of one category may have, and what [Unpack] unpacks.
	MaxDocument = 16 << 20

	maxMessage    = 256 << 10 // what SQS carries
	maxCategories = 100
	maxID         = 512
	// maxText is how many bytes of a text for people are kept.
	maxText = 2000
	// maxMarks bounds how many values a YAML text may have, before any of it is read.
	maxMarks = 1 << 18
	// maxNesting is how deep YAML may be nested, maxElements how deep XML may be.
	maxNesting  = 8
	maxElements = 32
	// maxTag is how many bytes one tag of XML may have.
	maxTag = 256 << 10
)

// checkID checks what names something: stores, queues and logs take it as it is.
func checkID(field, s string, needed bool) error {
	if s == "" && !needed {
		return nil
	}
	if s == "" || len(s) > maxID || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return fmt.Errorf("%s: it is %s; a text of 1 to %d bytes without control characters is right", field, quote(s), maxID)
	}
	return nil
}

func quote(s string) string {
	const most = 100
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}
