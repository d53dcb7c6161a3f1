package packages

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"
)

// maxLockDepth is how deep packages may be nested in a lock file of npm 6 or before.
const maxLockDepth = 100

// npmLock reads a lock file piece by piece.
type npmLock struct {
	json *json.Decoder
	// packages: it has those of npm 7 and later; what older ones know of the same follows.
	packages bool
	told     map[string]bool
	emit     func(folder string, p *Package) error
	// first is what is wrong with a package of it, ends the error of emit.
	first, ends error
}

// read emits the packages that the file asks for. Broken is what is wrong with it, ends an error of emit.
func (l *npmLock) read() (broken, ends error) {
	err := l.object(func(key string) error {
		switch {
		case key == "packages":
			l.packages = true
			return l.object(l.entry)
		case key == "dependencies" && !l.packages:
			return l.dependencies("", 1)
		}
		return l.skip()
	})
	switch {
	case l.ends != nil:
		return nil, l.ends
	case errors.Is(err, errLock):
		return err, nil
	case err != nil:
		return errors.New("is not a lock file of npm: " + jsonError(err)), nil
	}
	return l.first, nil
}

var errLock = errors.New("is not a lock file of npm")

// object calls f for each key of an object, to take its value.
func (l *npmLock) object(f func(key string) error) error {
	if err := l.delim('{'); err != nil {
		return err
	}
	for l.json.More() {
		token, err := l.json.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string) // a key is always a text
		if err := f(key); err != nil {
			return err
		}
	}
	return l.delim('}')
}

func (l *npmLock) delim(want json.Delim) error {
	token, err := l.json.Token()
	if err == nil && token != want {
		err = fmt.Errorf("%w: something else is where an object should be", errLock)
	}
	return err
}

func (l *npmLock) skip() error {
	var any json.RawMessage
	return l.json.Decode(&any)
}

// entry takes a package of npm 7 and later: the key is where it is to be installed. The empty one is what asks for the others.
func (l *npmLock) entry(folder string) error {
	e := npmObject{}
	if err := l.json.Decode(&e); err != nil {
		return err
	}
	at := strings.LastIndex("/"+folder, "/"+npmModules+"/")
	if at < 0 || string(e["link"]) == "true" {
		return nil // a part of the project itself
	}
	p := &Package{License: word(e["license"], "type"), Hash: integrity(e.text("integrity"))}
	p.Name, p.Version = cmp.Or(e.text("name"), folder[at+len(npmModules)+1:]), e.text("version")
	return l.tell(folder, p)
}

// dependencies takes the packages of npm 6 and before, each with those in its own folder.
func (l *npmLock) dependencies(folder string, depth int) error {
	if depth > maxLockDepth {
		return fmt.Errorf("%w: its packages are nested deeper than %d", errLock, maxLockDepth)
	}
	return l.object(func(name string) error {
		p, inner, hash := &Package{}, path.Join(folder, npmModules, name), ""
		err := l.object(func(key string) error {
			switch key {
			case "version":
				return l.json.Decode(&p.Version)
			case "integrity":
				return l.json.Decode(&hash)
			case "dependencies":
				return l.dependencies(inner, depth+1)
			}
			return l.skip()
		})
		if err != nil {
			return err
		}
		p.Name, p.Hash = name, integrity(hash)
		return l.tell(inner, p)
	})
}

// tell emits a package that is to be installed in a folder.
func (l *npmLock) tell(folder string, p *Package) error {
	whole := p.Version != ""
	p.Name, p.Version = lockedVersion(p.Name, p.Version)
	whole = whole && isNPMName(p.Name) && (p.Version == "" || isName(p.Version))
	if !whole || len(folder) > maxText || strings.ContainsFunc(folder, unicode.IsControl) || l.told[folder] {
		if l.first == nil {
			l.first = errors.New("has a package without a name or a version, or one twice")
		}
		return nil
	}
	l.told[folder] = true
	p.State, p.SPDX = Locked, isExpression(p.License)
	l.ends = l.emit(folder, p)
	return l.ends
}

// lockedVersion returns what is meant by a version of npm 6 or before, which can be one of another package, as npm:NAME@VERSION, or an address. There may be
// secrets in an address: of that the commit is told, if there is one.
func lockedVersion(name, version string) (string, string) {
	if other, ok := strings.CutPrefix(version, "npm:"); ok {
		if at := strings.LastIndexByte(other, '@'); at > 0 {
			return other[:at], other[at+1:]
		}
	}
	if !strings.ContainsAny(version, ":/") {
		return name, version
	}
	_, commit, _ := strings.Cut(version, "#")
	if id, err := hex.DecodeString(commit); err != nil || len(id) != 20 && len(id) != 32 {
		return name, ""
	}
	return name, commit
}

// integrity returns the strongest of the hashes that npm writes as sha512-BASE64; what is none is none.
func integrity(s string) string {
	best := ""
	for one := range strings.FieldsSeq(s) {
		name, value, _ := strings.Cut(one, "-")
		value, _, _ = strings.Cut(value, "?")
		sum, err := base64.StdEncoding.DecodeString(value)
		size := map[string]int{"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}[name]
		if err == nil && size == len(sum) && len(best) < len(name)+1+2*size {
			best = name + ":" + hex.EncodeToString(sum)
		}
	}
	return best
}
