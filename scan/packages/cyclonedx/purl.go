package cyclonedx

import (
	"cmp"
	"regexp"
	"strings"

	packageurl "github.com/package-url/packageurl-go"

	"github.com/reeve-go/reeve/scan/packages"
)

// packageURL returns the package URL; empty: it has none.
func (d *document) packageURL(kind string, p *packages.Package) string {
	u := packageurl.PackageURL{Name: clean(p.Name), Version: clean(p.Version)}
	qualifiers := map[string]string{}
	switch kind {
	case "dpkg":
		u.Type, u.Namespace = packageurl.TypeDebian, clean(cmp.Or(d.os.ID, "debian"))
		qualifiers["arch"] = clean(p.Arch)
		qualifiers["distro"] = d.distro()
	case packages.CategoryRPM:
		u.Type, u.Namespace = packageurl.TypeRPM, clean(d.os.ID)
		qualifiers["arch"], qualifiers["distro"] = clean(p.Arch), d.distro()
		if epoch, version, ok := strings.Cut(u.Version, ":"); ok {
			qualifiers["epoch"], u.Version = epoch, version
		}
		if p.Source != "" && p.SourceVersion != "" {
			qualifiers["upstream"] = clean(p.Source + "-" + p.SourceVersion + ".src.rpm")
		}
	case packages.CategoryNPM:
		u.Type = packageurl.TypeNPM
		u.Namespace, u.Name = scoped(u.Name)
	case packages.CategoryPython:
		u.Type, u.Version = packageurl.TypePyPi, strings.ToLower(u.Version)
		u.Name = strings.ToLower(separators.ReplaceAllString(u.Name, "-"))
	}
	for key, value := range qualifiers {
		if value == "" {
			delete(qualifiers, key)
		}
	}
	u.Qualifiers = packageurl.QualifiersFromMap(qualifiers)
	return written(u)
}

// scoped takes a name of npm apart: @SCOPE/NAME, or just a name.
func scoped(s string) (scope, name string) {
	if scope, name, ok := strings.Cut(s, "/"); ok && strings.HasPrefix(scope, "@") {
		return scope, name
	}
	return "", s
}

// separators are what Python takes for one and the same in names.
var separators = regexp.MustCompile(`[-_.]+`)

func (d *document) distro() string {
	if d.os.ID == "" || d.os.VersionID == "" {
		return ""
	}
	return clean(d.os.ID + "-" + d.os.VersionID)
}

func moduleURL(path, version string) string {
	u := packageurl.PackageURL{Type: packageurl.TypeGolang, Name: clean(path), Version: clean(version)}
	if at := strings.LastIndexByte(u.Name, '/'); at >= 0 {
		u.Namespace, u.Name = u.Name[:at], u.Name[at+1:]
	}
	return written(u)
}

// written returns a package URL as it is written; empty: what it should be of is no package.
func written(u packageurl.PackageURL) string {
	for part := range strings.SplitSeq(u.Namespace+"/"+u.Name, "/") {
		if part == "." || part == ".." {
			return "" // it would lead to something else
		}
	}
	if err := u.Normalize(); err != nil {
		return ""
	}
	return u.ToString()
}
