package fsm

import (
	"fmt"
	"strings"
)

// A jsonPlace is where a reader or a writer is, and the first thing that went wrong.
type jsonPlace struct {
	path []string
	err  error
}

func (p *jsonPlace) enterKey(key string) {
	if plain(key) && len(key) <= 80 {
		p.path = append(p.path, "."+key)
		return
	}
	p.path = append(p.path, fmt.Sprintf("[%.80q]", key))
}

func (p *jsonPlace) enterIndex(i int) { p.path = append(p.path, fmt.Sprintf("[%d]", i)) }

func (p *jsonPlace) leave() { p.path = p.path[:len(p.path)-1] }

func (p *jsonPlace) fail(format string, args ...any) {
	if p.err != nil {
		return
	}
	at := strings.TrimPrefix(strings.Join(p.path, ""), ".")
	if at != "" {
		at += ": "
	}
	p.err = fmt.Errorf("fsm: json: %s%w", at, fmt.Errorf(format, args...))
}

// refuse is fail with an error of this package, which says "fsm" itself.
func (p *jsonPlace) refuse(err error) {
	p.fail("%s", strings.TrimPrefix(err.Error(), "fsm: "))
}
