package inspect

import (
	"bytes"
	"runtime/debug"
	"strings"
)

// The parsers, for fuzzing and for properties.

func ParseDpkg(b []byte, yield func(Package) error) (problems []string) {
	_ = parseDpkg(linesOf(b, &problems), yield)
	return problems
}

func linesOf(b []byte, problems *[]string) *lines {
	return newLines(bytes.NewReader(b), func(err error) { *problems = append(*problems, err.Error()) })
}

func ParseAccounts(passwd, group, shadows []byte) (users []User, groups []Group, problems []string) {
	users, groups = parsePasswd(linesOf(passwd, &problems)), parseGroup(linesOf(group, &problems))
	_ = emitAccounts(users, groups, parseShadow(linesOf(shadows, &problems)), func(string, any) error { return nil })
	return users, groups, problems
}

func ParseOSRelease(b []byte) (map[string]string, []string) {
	var problems []string
	return parseOSRelease(linesOf(b, &problems)), problems
}

func ParseUnit(b []byte) (unit map[string][]string, problems []string) {
	u := unitFile{}
	u.parse(linesOf(b, &problems))
	return u, problems
}

func ParseInit(b []byte) (s InitScript, header bool, problems []string) {
	header = s.parse(linesOf(b, &problems))
	return s, header, problems
}

func ParseNetwork(b []byte) (map[string][]NetworkSetting, []string) {
	var problems []string
	n := networks{}
	n.parseInterfaces(linesOf(b, &problems), "interfaces")
	return n, problems
}

func ParseSystem(b []byte) (Resolver, map[string]Policy, []string) {
	var problems []string
	settings := map[string]Policy{}
	parsePolicy(linesOf(b, &problems), settings)
	return parseResolver(linesOf(b, &problems)), settings, problems
}

func Match(pattern, name string) (meant, below bool, err error) {
	s, err := compileGlobs([]string{pattern})
	if err != nil {
		return false, false, err
	}
	meant, below = s.match(name)
	return meant, below, nil
}

func Root(pattern string) string { return globSet{strings.Split(pattern, "/")}.roots()[0] }

func GoProgramOf(b *debug.BuildInfo) *GoProgram { return goProgram(b) }
