package cyclonedx

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/packages"
)

// item adds the components of an item: a package, or a program with its modules. An item of another sort has none.
func (d *document) item(item scan.Item) error {
	kind, place, _ := strings.Cut(item.Key, "/")
	switch kind {
	case "go":
		var p inspect.GoProgram
		if err := json.Unmarshal(item.Value, &p); err != nil {
			return fmt.Errorf("item %q: %w", item.Key, err)
		}
		return d.program(place, &p)
	case "dpkg", packages.CategoryRPM, packages.CategoryNPM, packages.CategoryPython:
		var p packages.Package
		if err := json.Unmarshal(item.Value, &p); err != nil {
			return fmt.Errorf("item %q: %w", item.Key, err)
		}
		// What dpkg calls config-files or not-installed is not there any more.
		if kind == "dpkg" && (p.State == "config-files" || p.State == "not-installed") {
			return nil
		}
		return d.pkg(kind, item.Key, &p)
	}
	return nil
}

func (d *document) pkg(kind, key string, p *packages.Package) error {
	purl := d.packageURL(kind, p)
	c, err := d.component(purl, key)
	if err != nil {
		return err
	}
	if c.Name == "" {
		c.Type, c.Name, c.Version, c.PackageURL = cdx.ComponentTypeLibrary, clean(p.Name), short(p.Version), purl
		if kind == packages.CategoryNPM {
			c.Group, c.Name = scoped(c.Name)
		}
		c.Properties = &[]cdx.Property{{Name: "reeve:state", Value: clean(p.State)}}
	}
	if c.Description == "" {
		c.Description = clean(p.Description)
	}
	if c.Publisher == "" {
		c.Publisher = clean(p.Maintainer)
	}
	if c.Licenses == nil {
		c.Licenses = d.licenses(p)
	}
	if c.Hashes == nil {
		c.Hashes = hashes(p.Hash)
	}
	if c.ExternalReferences == nil {
		c.ExternalReferences = website(p.Homepage)
	}
	if p.State == packages.Installed {
		(*c.Properties)[0].Value = packages.Installed // whatever else asks for it
	}
	occurs(c, p.Path)
	return nil
}

// program adds the modules of a program that was built by Go, its own among them.
func (d *document) program(place string, p *inspect.GoProgram) error {
	modules := p.Modules
	if p.Main != nil {
		modules = append([]inspect.Module{*p.Main}, modules...)
	}
	modules = append(modules, inspect.Module{Path: "stdlib", Version: strings.TrimPrefix(p.Go, "go")})
	for _, m := range modules {
		if m.Path == "" {
			continue
		}
		version := m.Version
		if version == "(devel)" {
			version = ""
		}
		name, purl := m.Path, moduleURL(m.Path, version)
		if m.Replaces != "" && isFolder(m.Path) {
			name, purl = m.Replaces, "" // what is in a folder is not what is published under the name
		}
		c, err := d.component(purl, "go/"+name+"@"+version)
		if err != nil {
			return err
		}
		c.Type, c.Name, c.Version, c.PackageURL = cdx.ComponentTypeLibrary, clean(name), short(version), purl
		occurs(c, place)
	}
	return nil
}

// isFolder reports whether what is there for a module is a folder: those are written so that they are none of a module's names.
func isFolder(path string) bool {
	return strings.HasPrefix(path, "./") || strings.HasPrefix(path, "../") || strings.HasPrefix(path, "/")
}

// component returns the component that a package URL, or a key if there is none, stands for.
func (d *document) component(purl, key string) (*cdx.Component, error) {
	ref := purl
	if ref == "" {
		ref = clean(key)
	}
	if c := d.components[ref]; c != nil {
		return c, nil
	}
	if len(d.components) >= d.Most {
		return nil, fmt.Errorf("%w: there are more than %d", ErrTooMany, d.Most)
	}
	c := &cdx.Component{BOMRef: ref}
	d.components[ref] = c
	return c, nil
}

// maxOccurrences is how many places of a component are told.
const maxOccurrences = 1000

func occurs(c *cdx.Component, place string) {
	if place == "" {
		return
	}
	if c.Evidence == nil {
		c.Evidence = &cdx.Evidence{Occurrences: &[]cdx.EvidenceOccurrence{}}
	}
	all := c.Evidence.Occurrences
	place = clean(place)
	if len(*all) < maxOccurrences && !slices.ContainsFunc(*all, func(o cdx.EvidenceOccurrence) bool { return o.Location == place }) {
		*all = append(*all, cdx.EvidenceOccurrence{Location: place})
	}
}

// hashes returns the hash of a package, if it is one.
func hashes(hash string) *[]cdx.Hash {
	name, value, _ := strings.Cut(hash, ":")
	sum, err := hex.DecodeString(value)
	if err != nil {
		return nil
	}
	for _, a := range []struct {
		name string
		size int
		cdx.HashAlgorithm
	}{
		{"sha1", 20, cdx.HashAlgoSHA1}, {"sha256", 32, cdx.HashAlgoSHA256}, {"sha384", 48, cdx.HashAlgoSHA384}, {"sha512", 64, cdx.HashAlgoSHA512},
	} {
		if a.name == name && a.size == len(sum) {
			return &[]cdx.Hash{{Algorithm: a.HashAlgorithm, Value: value}}
		}
	}
	return nil
}

// website returns where a package is at home, without the user and password that an address may have.
func website(homepage string) *[]cdx.ExternalReference {
	u, err := url.Parse(homepage)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil
	}
	u.User = nil
	return &[]cdx.ExternalReference{{Type: cdx.ERTypeWebsite, URL: u.String()}}
}

// short returns a version, and of one that is longer than the schema lets it be the beginning.
func short(version string) string {
	const most = 1024
	version = clean(version)
	return strings.ToValidUTF8(version[:min(len(version), most)], "")
}

// clean replaces what a document of XML cannot have.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\uFFFE' || r == '\uFFFF' || unicode.IsControl(r) && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
