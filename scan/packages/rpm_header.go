package packages

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/reeve-go/reeve/scan/inspect"
)

// What is told of a header, by the number of its tag.
const (
	tagName      = 1000
	tagVersion   = 1001
	tagRelease   = 1002
	tagEpoch     = 1003
	tagSummary   = 1004
	tagInstalled = 1008
	tagSize      = 1009
	tagVendor    = 1011
	tagLicense   = 1014
	tagPackager  = 1015
	tagGroup     = 1016
	tagURL       = 1020
	tagArch      = 1022
	tagSource    = 1044
	tagLongSize  = 5009
)

// The types of values that are told.
const (
	typeInt32    = 4
	typeInt64    = 5
	typeString   = 6
	typeLocaleds = 9
)

const (
	headerIntro = 8
	headerEntry = 16
	maxEntries  = 1 << 16
)

// A rpmHeader is the header of a package: entries that say where in the data a value is.
type rpmHeader struct {
	entries, data []byte
}

// parseRPM reads a header as it is in a database: in big-endian order, the numbers of entries and of bytes of data, the entries, and the data.
func parseRPM(b []byte) (*Package, error) {
	if len(b) < headerIntro {
		return nil, fmt.Errorf("the header of a package has %d bytes, and needs %d at least", len(b), headerIntro)
	}
	entries, data := int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:]))
	if entries > maxEntries || headerIntro+entries*headerEntry+data > int64(len(b)) {
		return nil, fmt.Errorf("the header of a package has %d bytes, and says %d entries and %d bytes of data", len(b), entries, data)
	}
	b = b[headerIntro:]
	h := &rpmHeader{entries: b[:entries*headerEntry], data: b[entries*headerEntry:][:data]}
	return h.told()
}

func (h *rpmHeader) told() (*Package, error) {
	name := string(h.text(tagName))
	if !isName(name) {
		return nil, errors.New("the header of a package does not name it")
	}
	version, release := string(h.text(tagVersion)), string(h.text(tagRelease))
	if !isName(version) || release != "" && !isName(release) {
		return nil, fmt.Errorf("the header of package %q does not say its version", name)
	}
	if release != "" {
		version += "-" + release
	}
	if epoch, ok := h.number(tagEpoch); ok {
		version = strconv.FormatInt(epoch, 10) + ":" + version
	}
	arch := h.say(tagArch)
	if arch != "" && !isName(arch) {
		return nil, fmt.Errorf("the header of package %q has a processor that is none", name)
	}
	p := &Package{
		Package: inspect.Package{
			Name: name, Version: version, Arch: arch, Section: h.say(tagGroup), Maintainer: h.say(tagPackager),
			Homepage: h.say(tagURL), Description: h.say(tagSummary), State: Installed,
		},
		License: h.say(tagLicense), Vendor: h.say(tagVendor),
	}
	p.Source, p.SourceVersion = sourceOf(h.say(tagSource))
	var ok bool
	if p.Size, ok = h.number(tagLongSize); !ok {
		p.Size, _ = h.number(tagSize)
	}
	if at, ok := h.number(tagInstalled); ok && at > 0 {
		p.InstalledAt = time.Unix(at, 0).UTC()
	}
	return p, nil
}

// sourceOf takes the name of a source package apart, such as bash-5.1.8-9.el9.src.rpm.
func sourceOf(file string) (name, version string) {
	file = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(file, ".rpm"), ".src"), ".nosrc")
	release := strings.LastIndexByte(file, '-')
	if release < 0 {
		return file, ""
	}
	at := strings.LastIndexByte(file[:release], '-')
	if at < 0 {
		return file, ""
	}
	return file[:at], file[at+1:]
}

// say returns a text for people; what rpm calls "(none)" is none.
func (h *rpmHeader) say(tag uint32) string {
	s := text(h.text(tag))
	if s == "(none)" {
		return ""
	}
	return s
}

// text returns a text as it is; of one in several languages the first.
func (h *rpmHeader) text(tag uint32) []byte {
	kind, at, ok := h.find(tag)
	if !ok || kind != typeString && kind != typeLocaleds {
		return nil
	}
	s, _, _ := bytes.Cut(at, []byte{0})
	return s
}

// number returns a number that is not signed.
func (h *rpmHeader) number(tag uint32) (int64, bool) {
	kind, at, ok := h.find(tag)
	switch {
	case ok && kind == typeInt32 && len(at) >= 4:
		return int64(binary.BigEndian.Uint32(at)), true
	case ok && kind == typeInt64 && len(at) >= 8:
		return int64(binary.BigEndian.Uint64(at) &^ (1 << 63)), true //nolint:gosec // the sign is taken off
	}
	return 0, false
}

// find returns the type of a value and the data from it on.
func (h *rpmHeader) find(tag uint32) (kind uint32, at []byte, ok bool) {
	for e := h.entries; len(e) >= headerEntry; e = e[headerEntry:] {
		if binary.BigEndian.Uint32(e) != tag {
			continue
		}
		offset := int64(binary.BigEndian.Uint32(e[8:]))
		if offset >= int64(len(h.data)) {
			return 0, nil, false
		}
		return binary.BigEndian.Uint32(e[4:]), h.data[offset:], true
	}
	return 0, nil, false
}
