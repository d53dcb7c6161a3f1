package inspect

import (
	"bytes"
	"cmp"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
)

// An InitScript is a script that starts and stops a service in the way of System V.
type InitScript struct {
	File        string `json:"file"`
	Description string `json:"description,omitempty"`
	// Start and Stop are the run levels at which it is started and stopped, by the links that there are.
	Start []string `json:"start,omitempty"`
	Stop  []string `json:"stop,omitempty"`
	// The others are what the script's header says: at which run levels it should be, what it provides, and what has to be there before.
	DefaultStart []string `json:"default_start,omitempty"`
	DefaultStop  []string `json:"default_stop,omitempty"`
	Provides     []string `json:"provides,omitempty"`
	Requires     []string `json:"requires,omitempty"`
}

// initRoots are below where scripts and run levels are: Debian's way, and Red Hat's.
var initRoots = []string{"etc", "etc/rc.d"}

const runLevels = "0123456S"

func initPlaces() (places []string) {
	for _, root := range initRoots {
		places = append(places, path.Join(root, "init.d"))
		for _, level := range runLevels {
			places = append(places, levelFolder(root, level))
		}
	}
	return places
}

func levelFolder(root string, level rune) string { return path.Join(root, "rc"+string(level)+".d") }

func tellInitScripts(t *scan.Tree, emit scan.Emit) error {
	scripts := map[string]*InitScript{}
	for _, root := range initRoots {
		if err := findInitScripts(t, path.Join(root, "init.d"), scripts); err != nil {
			return err
		}
	}
	for _, root := range initRoots {
		for _, level := range runLevels {
			if err := findLevel(t, levelFolder(root, level), string(level), scripts); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(scripts)) {
		if err := emit("init/"+name, scripts[name]); err != nil {
			return err
		}
	}
	return nil
}

// findInitScripts reads the headers of scripts. What has none and cannot be run, such as a README, is no script.
func findInitScripts(t *scan.Tree, folder string, scripts map[string]*InitScript) error {
	return eachFile(t, folder, func(name string, e fs.DirEntry) error {
		info, err := e.Info()
		if err != nil || scripts[name] != nil {
			return nil //nolint:nilerr // what has vanished meanwhile is not there
		}
		file := path.Join(folder, name)
		script, header := &InitScript{File: category.Text(file)}, false
		_, err = parse(t, file, maxSmall, func(l *lines) error { header = script.parse(l); return nil })
		if header || info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			scripts[name] = script
		}
		return err
	})
}

// parse reads the header of a script, if it has one.
func (s *InitScript) parse(l *lines) (header bool) {
	note := l.note
	l.note = func(error) {} // the script itself is none of our business
	for !header && l.next() {
		header = bytes.HasPrefix(l.text, []byte("### BEGIN INIT INFO"))
	}
	l.note = note
	short, long := "", ""
	for header && l.next() && !bytes.HasPrefix(l.text, []byte("### END INIT INFO")) {
		name, value, ok := strings.Cut(strings.TrimLeft(category.Text(l.text), "# \t"), ":")
		if !ok {
			continue // a description goes on
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "provides":
			s.Provides = strings.Fields(value)
		case "required-start":
			s.Requires = strings.Fields(value)
		case "default-start":
			s.DefaultStart = strings.Fields(value)
		case "default-stop":
			s.DefaultStop = strings.Fields(value)
		case "short-description":
			short = value
		case "description":
			long = value
		}
	}
	s.Description = cmp.Or(short, long)
	return header
}

// findLevel reads the links of a run level: S20name starts a script, K80name stops it.
func findLevel(t *scan.Tree, folder, level string, scripts map[string]*InitScript) error {
	return eachFile(t, folder, func(name string, _ fs.DirEntry) error {
		if len(name) < 4 || scripts[name[3:]] == nil {
			return nil
		}
		switch script := scripts[name[3:]]; name[0] {
		case 'S':
			script.Start = sorted(append(script.Start, level))
		case 'K':
			script.Stop = sorted(append(script.Stop, level))
		}
		return nil
	})
}
