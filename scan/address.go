package scan

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
)

// Address returns what a result is kept under, so that it can be found again: a digest of the input's identity, of the scanner and its version, of
// what was asked of it and of the category. Equal addresses mean equal facts. Two configs are the same if they are as JSON, whatever the order of
// their fields and the space between them; one that is empty is the same as null.
//
// The identity of the input is its [Target.Content] where there is one, and else a [Fingerprint] together with the target's id.
func Address(input, scanner, version string, config json.RawMessage, category string) Digest {
	var all []byte
	for _, part := range [][]byte{[]byte("scan/1"), []byte(input), []byte(scanner), []byte(version), canonical(config), []byte(category)} {
		all = binary.AppendUvarint(all, uint64(len(part))) // so that no part can pass for the end of another
		all = append(all, part...)
	}
	return DigestOf(all)
}

// Addresses returns the address that a complete result of each category has, without looking into the target. It is empty for a target whose
// content has no name, and for a category that no scanner tells of.
func (i *Inspector) Addresses(t Target, categories []Category) []Digest {
	all := make([]Digest, len(categories))
	for n, c := range categories {
		if s := i.scanners[c.Name]; s != nil && t.Content != "" {
			all[n] = s.address(inContent(t.Content), c)
		}
	}
	return all
}

func (s *namedScanner) address(input string, c Category) Digest {
	return Address(input, s.name, s.version, c.Config, c.Name)
}

// inContent and inTree return the identity of an input.
func inContent(content string) string { return "content " + content }

func inTree(target string, d Digest) string { return "tree " + string(d) + " of " + target }

// canonical returns one form for all configs that say the same. What has no such form is returned as it is: that costs a scan that may not have
// been needed, and never gives one result for another.
func canonical(config json.RawMessage) []byte {
	var value any
	d := json.NewDecoder(bytes.NewReader(config))
	d.UseNumber()
	if !json.Valid(config) || d.Decode(&value) != nil {
		return config
	}
	if value == nil {
		return nil
	}
	var sorted bytes.Buffer
	e := json.NewEncoder(&sorted)
	e.SetEscapeHTML(false)
	if e.Encode(value) != nil || tokens(sorted.Bytes()) != tokens(config) {
		return config // a field stands twice, and only its scanner knows which one holds
	}
	return sorted.Bytes()
}

// tokens counts those of a text that is JSON.
func tokens(text []byte) (n int) {
	d := json.NewDecoder(bytes.NewReader(text))
	for {
		if _, err := d.Token(); err != nil {
			return n
		}
		n++
	}
}
