//go:build unix

package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// findPrograms returns the folder of the newest PostgreSQL server that is installed.
func findPrograms() (string, error) {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // Debian's, which are not in the PATH
	if out, err := exec.CommandContext(context.Background(), "pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(out)))
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	return newest(folders)
}

var release = regexp.MustCompile(`(\d+)(?:\.(\d+))?`)

// newest returns the folder whose server has the highest version. A folder may hold clients alone.
func newest(folders []string) (string, error) {
	var best string
	var version []int
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, "initdb")); err != nil {
			continue
		}
		out, err := exec.CommandContext(context.Background(), filepath.Join(folder, "postgres"), "--version").Output()
		found := release.FindStringSubmatch(string(out))
		if err != nil || found == nil {
			continue
		}
		major, _ := strconv.Atoi(found[1])
		minor, _ := strconv.Atoi(found[2])
		if v := []int{major, minor}; slices.Compare(v, version) > 0 {
			best, version = folder, v
		}
	}
	if best == "" {
		return "", fmt.Errorf("pgtest: PostgreSQL (initdb and postgres) is %w where pg_config, the PATH or /usr/lib/postgresql lead to", errMissing)
	}
	return best, nil
}
