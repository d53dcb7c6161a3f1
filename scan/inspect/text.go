package inspect

import "fmt"

// A namer makes keys that differ, also for things that do not.
type namer map[string]int

// key returns a key that was not given out before, and whether it is the name itself.
func (n namer) key(name string) (key string, first bool) {
	n[name]++
	if n[name] == 1 {
		return name, true
	}
	for {
		key = fmt.Sprintf("%s#%d", name, n[name])
		if n[key] == 0 {
			n[key]++
			return key, false
		}
		n[name]++
	}
}
